#include "layers/noise.h"

#include <cmath>

namespace bardana {
namespace {

uint64_t seed_of(ConfigReader& config) { return static_cast<uint64_t>(config.integer("seed")); }

double rate_of(ConfigReader& config) {
  const double rate = config.number("rate");
  if (!(rate >= 0.0 && rate < 1.0)) fail(config.owner(), ": expected 0 <= rate < 1, received ", rate);
  return rate;
}

}  // namespace

NoiseShape::NoiseShape(ConfigReader& config) {
  if (!config.is_none("noise_shape")) axes_ = config.shape("noise_shape");
}

void NoiseShape::apply(Noise& op, const Shape& input, const std::string& layer) const {
  if (!axes_) return;
  Shape axes = *axes_;
  const size_t wanted = input.size() + 1;
  if (axes.size() < wanted) axes.insert(axes.begin(), wanted - axes.size(), 1);
  bool fits = axes.size() == wanted && (axes[0] == 1 || axes[0] == -1);
  op.shared = axes[0] == 1;
  op.sizes = op.drawn = input;
  for (size_t i = 1; fits && i < wanted; ++i) {
    fits = axes[i] == 1 || axes[i] == -1 || axes[i] == input[i - 1];
    if (axes[i] == 1) op.drawn[i - 1] = 1;
  }
  if (!fits) {
    fail("layer '", layer,
         "': expected a noise_shape of None or 1 for the rows, and None, 1 or the size for each axis of ",
         "inputs of shape ", to_batch_string(input), ", received ", to_string(*axes_), " (-1 for None)");
  }
  if (!op.shared && op.drawn == op.sizes) op.sizes.clear(), op.drawn.clear();
}

Lowered lower_noise(Builder& plan, const Flow& x, NoiseOps ops) {
  const TensorId y = plan.like(x.id);
  ops.forward->x = x.id, ops.forward->y = y;
  plan.add(*ops.forward);
  return {{y, x.shape}, [y, back = std::move(ops.backward)](Builder& b, TensorId dy, bool) {
            if (!back) return dy;
            Noise op = *back;
            op.x = b.grouped(dy, b.tensor(y).last), op.y = b.like(y);
            const TensorId dx = op.y;
            b.add(std::move(op));
            return dx;
          }};
}

NoiseLayer::NoiseLayer(ConfigReader& config, std::optional<NoiseShape> shape)
    : Layer(config), shape_(std::move(shape)) {}

Shape NoiseLayer::output_shape(const Shape& input) const {
  Noise op{.x = kNone, .y = kNone, .seed = 0};
  if (shape_) shape_->apply(op, input, name());
  return input;
}

Lowered NoiseLayer::lower(Scope scope, const Flow& x) const {
  if (!scope.plan.plan().training || !ops_.forward) {
    return {x, [](Builder&, TensorId dy, bool) { return dy; }};
  }
  NoiseOps ops = ops_;
  for (auto* op : {&ops.forward, &ops.backward}) {
    if (*op && shape_) shape_->apply(**op, x.shape, name());
  }
  return lower_noise(scope.plan, x, std::move(ops));
}

/// Dropped elements become α' = −λα, the limit of selu; the line a x + b brings back mean and variance.
AlphaDropout::AlphaDropout(ConfigReader& config) : NoiseLayer(config, NoiseShape(config)) {
  constexpr double kLimit = -1.6732632423543772 * 1.0507009873554805;
  const double rate = rate_of(config);
  const uint64_t seed = seed_of(config);
  if (rate == 0.0) return;
  const double a = 1.0 / std::sqrt((1.0 - rate) * (1.0 + rate * kLimit * kLimit)), b = -a * kLimit * rate;
  ops_.backward = Noise{.x = kNone, .y = kNone, .rate = rate, .scale = a, .seed = seed};
  ops_.forward = ops_.backward;
  ops_.forward->shift = b, ops_.forward->dropped = a * kLimit + b;
}

GaussianDropout::GaussianDropout(ConfigReader& config) : NoiseLayer(config, {}) {
  const double rate = rate_of(config);
  const uint64_t seed = seed_of(config);
  if (rate == 0.0) return;
  ops_.forward = ops_.backward = Noise{.x = kNone,
                                       .y = kNone,
                                       .normal = true,
                                       .multiplies = true,
                                       .rate = rate,
                                       .scale = std::sqrt(rate / (1.0 - rate)),
                                       .seed = seed};
}

GaussianNoise::GaussianNoise(ConfigReader& config) : NoiseLayer(config, {}) {
  const double deviation = config.number("stddev");
  if (!(deviation >= 0.0 && deviation <= 1.0))
    fail(config.owner(), ": expected 0 <= stddev <= 1, received ", deviation);
  const uint64_t seed = seed_of(config);
  if (deviation > 0.0) ops_.forward = Noise{.x = kNone, .y = kNone, .normal = true, .scale = deviation, .seed = seed};
}

}  // namespace bardana
