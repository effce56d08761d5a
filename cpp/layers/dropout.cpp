#include "layers/dropout.h"

namespace bardana {

DropoutLayer::DropoutLayer(ConfigReader& config)
    : Layer(config),
      rate_(config.number("rate")),
      seed_(static_cast<uint64_t>(config.integer("seed"))),
      shape_(config) {
  if (!(rate_ >= 0.0 && rate_ <= 1.0)) fail(config.owner(), ": expected 0 <= rate <= 1, received ", rate_);
}

Shape DropoutLayer::output_shape(const Shape& input) const {
  Noise op{.x = kNone, .y = kNone, .seed = 0};
  shape_.apply(op, input, name());
  return input;
}

Lowered DropoutLayer::lower(Scope scope, const Flow& x) const {
  if (!scope.plan.plan().training || rate_ == 0.0) {
    return {x, [](Builder&, TensorId dy, bool) { return dy; }};
  }
  if (shape_) {
    Noise op{.x = kNone, .y = kNone, .rate = rate_, .scale = rate_ < 1.0 ? 1.0 / (1.0 - rate_) : 0.0, .seed = seed_};
    shape_.apply(op, x.shape, name());
    return lower_noise(scope.plan, x, {op, op});
  }
  const TensorId y = scope.plan.like(x.id);
  scope.plan.add(Dropout{x.id, y, rate_, seed_});
  return {{y, x.shape}, [=, rate = rate_, seed = seed_](Builder& plan, TensorId dy, bool) {
            const TensorId dx = plan.like(y);
            plan.add(Dropout{plan.grouped(dy, plan.tensor(y).last), dx, rate, seed});
            return dx;
          }};
}

}  // namespace bardana
