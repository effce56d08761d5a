#include "layers/prelu.h"

namespace bardana {

PReluLayer::PReluLayer(ConfigReader& config) : Layer(config) {
  if (!config.is_none("shared_axes")) shared_axes_ = config.shape("shared_axes");
}

Shape PReluLayer::output_shape(const Shape& input) const {
  for (const int64_t axis : shared_axes_) {
    if (axis < 1 || axis > static_cast<int64_t>(input.size())) {
      fail("PReLU layer '", name(), "': expected shared_axes from 1 to ", input.size(), " for inputs of shape ",
           to_batch_string(input), ", received ", to_string(shared_axes_));
    }
  }
  return input;
}

std::vector<VariableSpec> PReluLayer::variables(const Shape& input) const {
  Shape shape = output_shape(input);
  for (const int64_t axis : shared_axes_) shape[static_cast<size_t>(axis - 1)] = 1;
  return {{"alpha", shape, trainable()}};
}

Lowered PReluLayer::lower(Scope scope, const Flow& x) const {
  const VariableId alpha = scope.first_variable;
  const TensorId y = scope.plan.like(x.id);
  scope.plan.add(PRelu{x.id, y, alpha, x.shape});
  return {{y, x.shape},
          [=, input = x.id, sizes = x.shape, learns = trainable()](Builder& plan, TensorId dy, bool wants_dx) {
            if (!wants_dx && !learns) return kNone;
            const TensorId dx = wants_dx ? plan.like(input) : kNone;
            plan.add(PReluBackward{input, plan.grouped(dy, plan.tensor(input).last), dx, alpha, sizes, learns});
            return dx;
          }};
}

}  // namespace bardana
