// Dropout: y = x · mask / (1 − rate) while training, with mask ~ Bernoulli(1 − rate); y = x otherwise.
// Srivastava et al. 2014, in the inverted form. The arithmetic is `dropout` in cpu/kernels/elementwise.inl.
#pragma once

#include "layers/noise.h"

namespace bardana {

class DropoutLayer : public Layer {
 public:
  explicit DropoutLayer(ConfigReader& config);
  Shape output_shape(const Shape& input) const override;
  Lowered lower(Scope scope, const Flow& x) const override;

 private:
  double rate_;
  uint64_t seed_;
  NoiseShape shape_;
};

}  // namespace bardana
