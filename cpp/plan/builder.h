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
  /// A tensor of the same grouping as x.
  TensorId like(TensorId x);
  /// x itself, or a repacked copy if its groups are not `last` wide.
  TensorId grouped(TensorId x, int64_t last);

  template <class AnyOp>
  void add(AnyOp op) {
    plan_.ops.push_back(std::move(op));
  }

  const Tensor& tensor(TensorId id) const { return plan_.tensor(id); }
  const Plan& plan() const { return plan_; }

 private:
  TensorId push(Tensor tensor, int64_t elements, int64_t element_bytes);

  Plan& plan_;
};

}  // namespace bardana
