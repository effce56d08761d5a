// Appends ops to a plan and makes the tensors they write.
#pragma once

#include "plan/plan.h"

namespace bardana {

class Builder {
 public:
  explicit Builder(Plan& plan) : plan_(plan) {}

  /// A new tensor of `outer` groups of `last` numbers a row.
  TensorId batch(int64_t outer, int64_t last);
  /// One number (or class number) for each of `outer` groups a row, without padding.
  TensorId column(int64_t outer, Tensor::Kind kind = Tensor::Kind::batch);
  /// One number for each of `last` columns, whatever the number of rows.
  TensorId columns(int64_t last);
  /// A tensor of the same grouping as x.
  TensorId like(TensorId x);
  /// A tensor of zeros of the same grouping as x.
  TensorId zeros(TensorId x);
  /// x itself, or a repacked copy if its groups are not `last` wide.
  TensorId grouped(TensorId x, int64_t last);

  template <class AnyOp>
  void add(AnyOp op) {
    plan_.ops.push_back(std::move(op));
  }

  /// Adds an op behind all others that compute, where a step can no longer fail: for what writes a model's state.
  template <class AnyOp>
  void add_last(AnyOp op) {
    last_.push_back(std::move(op));
  }
  /// Appends what add_last was given.
  void finish();

  const Tensor& tensor(TensorId id) const { return plan_.tensor(id); }
  const Plan& plan() const { return plan_; }

 private:
  TensorId push(Tensor tensor, int64_t elements, int64_t element_bytes);

  Plan& plan_;
  std::vector<Op> last_;
};

}  // namespace bardana
