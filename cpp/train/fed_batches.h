// Batches out of a feed; see array_batches.h for what a trainer asks of them.
#pragma once

#include <functional>

#include "backend/backend.h"
#include "train/feed.h"

namespace bardana {

class FedBatches {
 public:
  struct Options {
    int64_t most = 0;                          // batches to take
    std::function<void(const Data&)> prepare;  // checks a batch and makes a plan ready for it
    std::function<bool()> waiting;             // called about every 50 ms without the lock; false ends the wait
  };
  FedBatches(Feed& feed, Options options) : feed_(feed), options_(std::move(options)) {}

  void begin(StepInput& step) const {
    step.x = &data_.x;
    step.y = &data_.y;
    step.weight = &data_.weight;
    step.first = 0;
  }
  bool more() const { return taken_ < options_.most; }
  template <class Waiting>
  bool next(StepInput& step, const Waiting& without_lock) {
    Feed::Next next = feed_.take(data_);
    while (next == Feed::Next::nothing_yet) {
      bool patient = true;
      without_lock([&] { patient = wait(); });
      if (!patient) return false;
      next = feed_.take(data_);
    }
    if (next == Feed::Next::end) return false;
    ++taken_;
    options_.prepare(data_);
    step.rows = data_.x.rows;
    return true;
  }

 private:
  bool wait() {
    while (feed_.wait(std::chrono::milliseconds(50)) == Feed::Next::nothing_yet) {
      if (!options_.waiting()) return false;
    }
    return true;
  }

  Feed& feed_;
  Options options_;
  Data data_;
  int64_t taken_ = 0;
};

}  // namespace bardana
