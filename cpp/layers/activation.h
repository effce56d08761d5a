// Activations as a layer, and as the last part of layers that have an `activation` argument.
#pragma once

#include "layers/layer.h"

namespace bardana {

/// Softmax over the last axis, or an elementwise formula with its default parameters.
class ActivationFunction {
 public:
  /// Reads the key `activation`.
  explicit ActivationFunction(ConfigReader& config);

  /// y = f(x) and the backward ops dx = dy · f'. The last axis is `last` wide.
  Lowered lower(Builder& plan, const Flow& x) const;

 private:
  bool softmax_ = false;
  ActivationRef elementwise_;
};

class ActivationLayer : public Layer {
 public:
  explicit ActivationLayer(ConfigReader& config);
  Shape output_shape(const Shape& input) const override { return input; }
  Lowered lower(Scope scope, const Flow& x) const override { return function_.lower(scope.plan, x); }

 private:
  ActivationFunction function_;
};

}  // namespace bardana
