// Dense: y = f(x W + b) over the last axis; W (in, units), b (units,). The arithmetic is cpu/kernels/affine.inl.
#pragma once

#include "layers/activation.h"

namespace bardana {

class Dense : public Layer {
 public:
  explicit Dense(ConfigReader& config);
  Shape output_shape(const Shape& input) const override;
  std::vector<VariableSpec> variables(const Shape& input) const override;
  Lowered lower(Scope scope, const Flow& x) const override;

 private:
  int64_t units_;
  bool use_bias_;
  ActivationFunction activation_;
};

}  // namespace bardana
