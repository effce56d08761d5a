#include "layers/dropout.h"

namespace bardana {

DropoutLayer::DropoutLayer(ConfigReader& config)
    : Layer(config), rate_(config.number("rate")), seed_(static_cast<uint64_t>(config.integer("seed"))) {
  if (!(rate_ >= 0.0 && rate_ <= 1.0)) fail(config.owner(), ": expected 0 <= rate <= 1, received ", rate_);
  if (!config.is_none("noise_shape")) fail(config.owner(), ": expected None for noise_shape");
}

Lowered DropoutLayer::lower(Scope scope, const Flow& x) const {
  if (!scope.plan.plan().training || rate_ == 0.0) {
    return {x, [](Builder&, TensorId dy, bool) { return dy; }};
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
