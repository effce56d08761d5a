// PReLU: y = x where x > 0, α x below, with an α for every element of an example, or shared along some axes.
#pragma once

#include "layers/layer.h"

namespace bardana {

class PReluLayer : public Layer {
 public:
  explicit PReluLayer(ConfigReader& config);
  Shape output_shape(const Shape& input) const override;
  std::vector<VariableSpec> variables(const Shape& input) const override;
  Lowered lower(Scope scope, const Flow& x) const override;

 private:
  Shape shared_axes_;  // counted from 1, the first after the batch axis
};

}  // namespace bardana
