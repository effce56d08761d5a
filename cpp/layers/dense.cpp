#include "layers/dense.h"

namespace bardana {

Dense::Dense(ConfigReader& config)
    : Layer(config), units_(config.integer("units")), use_bias_(config.flag("use_bias")), activation_(config) {
  if (units_ <= 0) fail(config.owner(), ": expected units > 0, received ", units_);
}

Shape Dense::output_shape(const Shape& input) const {
  if (input.empty()) {
    fail("Dense layer '", name(), "': expected inputs with at least 2 axes (rows, features), received shape ",
         to_batch_string(input));
  }
  Shape output = input;
  output.back() = units_;
  activation_.check(output);
  return output;
}

std::vector<VariableSpec> Dense::variables(const Shape& input) const {
  std::vector<VariableSpec> specs = {{"kernel", {input.back(), units_}, trainable()}};
  if (use_bias_) specs.push_back({"bias", {units_}, trainable()});
  return specs;
}

Lowered Dense::lower(Scope scope, const Flow& x) const {
  const int64_t features = x.shape.back();
  const VariableId w = scope.first_variable, b = use_bias_ ? w + 1 : kNone;
  const TensorId input = scope.plan.grouped(x.id, features);
  const TensorId z = scope.plan.batch(scope.plan.tensor(input).outer, units_);
  scope.plan.add(Affine{.x = input, .y = z, .w = w, .b = b, .activation = {}});
  Lowered activated = activation_.lower(scope.plan, {z, output_shape(x.shape)});
  const Backward f_backward = activated.backward;
  const bool learns = trainable();
  activated.backward = [=, units = units_](Builder& plan, TensorId dy, bool wants_dx) {
    const TensorId dz = f_backward(plan, plan.grouped(dy, units), true);
    TensorId dx = kNone;
    if (wants_dx) {
      dx = plan.like(input);
      plan.add(BackInput{.dy = dz, .dx = dx, .w = w});
    }
    if (learns) plan.add(BackWeights{.x = input, .dy = dz, .w = w, .b = b});  // last: it may update w
    return dx;
  };
  return activated;
}

}  // namespace bardana
