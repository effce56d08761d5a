#include "layers/host_layer.h"

namespace bardana {
namespace {

int64_t last_of(const Shape& shape) { return shape.empty() ? 1 : shape.back(); }

}  // namespace

std::vector<VariableSpec> HostLayer::variables(const Shape&) const {
  std::vector<VariableSpec> variables = spec_.variables;
  for (VariableSpec& variable : variables) variable.trainable = variable.trainable && trainable();
  return variables;
}

Lowered HostLayer::lower(Scope scope, const Flow& x) const {
  const Shape output = spec_.output_shape;
  const TensorId input = scope.plan.grouped(x.id, last_of(x.shape));
  const TensorId y = scope.plan.batch(size_of(output) / last_of(output), last_of(output));
  scope.plan.add(HostCall{.host = spec_.forward, .x = input, .y = y, .x_shape = x.shape, .y_shape = output});
  std::vector<VariableId> learning;
  const std::vector<VariableSpec> all = variables(x.shape);
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].trainable) learning.push_back(scope.first_variable + static_cast<VariableId>(i));
  }
  const auto backward = [=, host = spec_.backward, shape = x.shape](Builder& plan, TensorId dy, bool wants_dx) {
    HostCall op{.host = host, .x = plan.grouped(dy, last_of(output)), .x_shape = output, .y_shape = shape};
    if (wants_dx) op.y = plan.like(input);
    op.fills_gradients = learning;
    plan.add(op);
    return op.y;
  };
  return {{y, output}, backward};
}

}  // namespace bardana
