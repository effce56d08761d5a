// Where the batches of an epoch come from: arrays that are there as a whole, or a feed. A trainer asks `more()`, then
// `next(step, waiting)`, which describes the next batch or says that there is none; it calls waiting(work) for work
// that must not run under the lock of the weights.
#pragma once

#include <algorithm>

#include "backend/backend.h"
#include "train/data.h"

namespace bardana {

/// Rows of arrays, in their own order or another one, of which the last batch may be smaller.
class ArrayBatches {
 public:
  /// `order`: numbers of the rows to visit, or null for all; the caller keeps it.
  ArrayBatches(const Data& data, int64_t batch_size, const int64_t* order, int64_t rows)
      : data_(data), order_(order), batch_size_(batch_size), rows_(rows) {}

  void begin(StepInput& step) const {
    step.x = &data_.x;
    step.y = &data_.y;
    step.weight = &data_.weight;
    step.order = order_;
    step.visited = rows_;
  }
  bool more() const { return first_ < rows_; }
  template <class Waiting>
  bool next(StepInput& step, const Waiting&) {
    step.first = first_;
    step.rows = std::min(batch_size_, rows_ - first_);
    first_ += batch_size_;
    return true;
  }

 private:
  Data data_;
  const int64_t* order_;
  int64_t batch_size_, rows_, first_ = 0;
};

}  // namespace bardana
