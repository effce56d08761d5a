// Permute: the axes of every example in another order.
#pragma once

#include "layers/layer.h"

namespace bardana {

/// Axis i of the output is axis order[i] of the input; both count without the batch axis.
Lowered lower_permute(Builder& plan, const Flow& x, const Shape& order);
Shape permuted(const Shape& input, const Shape& order);
Shape inverse_order(const Shape& order);

class PermuteLayer : public Layer {
 public:
  explicit PermuteLayer(ConfigReader& config);
  Shape output_shape(const Shape& input) const override;
  Lowered lower(Scope scope, const Flow& x) const override { return lower_permute(scope.plan, x, order_); }

 private:
  Shape order_;
};

}  // namespace bardana
