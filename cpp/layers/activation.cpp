#include "layers/activation.h"

#include "plan/registry.h"

namespace bardana {
namespace {

Lowered lower_softmax(Builder& plan, const Flow& x) {
  const TensorId input = plan.grouped(x.id, x.shape.empty() ? 1 : x.shape.back());
  const TensorId y = plan.like(input);
  plan.add(Softmax{input, y});
  return {{y, x.shape}, [y](Builder& b, TensorId dy, bool) {
            const TensorId dx = b.like(y);
            b.add(SoftmaxBackward{y, b.grouped(dy, b.tensor(y).last), dx});
            return dx;
          }};
}

}  // namespace

ActivationFunction::ActivationFunction(ConfigReader& config) {
  const std::string name = config.text("activation");
  softmax_ = name == "softmax";
  if (softmax_) return;
  try {
    elementwise_.formula = find_activation(name);
  } catch (const std::invalid_argument& error) {
    fail(config.owner(), ": ", error.what());
  }
  elementwise_.parameters = bind_parameters(activations()[static_cast<size_t>(elementwise_.formula)], {});
}

Lowered ActivationFunction::lower(Builder& plan, const Flow& x) const {
  if (softmax_) return lower_softmax(plan, x);
  if (elementwise_.formula == 0) return {x, [](Builder&, TensorId dy, bool) { return dy; }};
  const TensorId y = plan.like(x.id);
  plan.add(Activate{x.id, y, elementwise_});
  const bool saves_input = activations()[static_cast<size_t>(elementwise_.formula)].saves == Saves::input;
  const TensorId saved = saves_input ? x.id : y;
  return {{y, x.shape}, [saved, f = elementwise_](Builder& b, TensorId dy, bool) {
            const TensorId dx = b.like(saved);
            b.add(ActivateBackward{saved, b.grouped(dy, b.tensor(saved).last), dx, f});
            return dx;
          }};
}

ActivationLayer::ActivationLayer(ConfigReader& config) : Layer(config), function_(config) {}

}  // namespace bardana
