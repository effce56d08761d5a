#include "layers/normalization.h"

namespace bardana {

ScaleAndOffset::ScaleAndOffset(ConfigReader& config) : scale(config.flag("scale")), center(config.flag("center")) {}

void ScaleAndOffset::add_to(std::vector<VariableSpec>& specs, const Shape& shape, bool trainable) const {
  if (scale) specs.push_back({"gamma", shape, trainable});
  if (center) specs.push_back({"beta", shape, trainable});
}

BatchNormalization::BatchNormalization(ConfigReader& config)
    : Layer(config),
      axis_(config.integer("axis")),
      momentum_(config.number("momentum")),
      epsilon_(config.number("epsilon")),
      affine_(config) {}

Shape BatchNormalization::output_shape(const Shape& input) const {
  const auto axes = static_cast<int64_t>(input.size()) + 1;
  if (input.empty() || (axis_ != -1 && axis_ != axes - 1)) {
    fail("BatchNormalization layer '", name(), "': expected axis to be the last one, -1 or ", axes - 1,
         ", for inputs of shape ", to_batch_string(input), ", received axis=", axis_);
  }
  return input;
}

std::vector<VariableSpec> BatchNormalization::variables(const Shape& input) const {
  const Shape channels = {output_shape(input).back()};
  std::vector<VariableSpec> specs;
  affine_.add_to(specs, channels, trainable());
  specs.push_back({"moving_mean", channels, false});
  specs.push_back({"moving_variance", channels, false});
  return specs;
}

Lowered BatchNormalization::lower(Scope scope, const Flow& x) const {
  Builder& plan = scope.plan;
  const VariableId gamma = affine_.gamma(scope.first_variable), beta = affine_.beta(scope.first_variable);
  const VariableId moving_mean = scope.first_variable + affine_.count(), moving_variance = moving_mean + 1;
  const int64_t channels = x.shape.back();
  const TensorId input = plan.grouped(x.id, channels), y = plan.like(input);
  TensorId mean = kNone, variance = kNone;
  if (plan.plan().training && trainable()) {
    mean = plan.columns(channels), variance = plan.columns(channels);
    plan.add_last(MovingAverage{mean, moving_mean, momentum_});
    plan.add_last(MovingAverage{variance, moving_variance, momentum_});
  }
  plan.add(BatchNorm{input, y, mean, variance, gamma, beta, moving_mean, moving_variance, epsilon_});
  const bool learns = trainable() && affine_.count() > 0;
  return {{y, x.shape}, [=, epsilon = epsilon_](Builder& b, TensorId dy, bool wants_dx) {
            const TensorId dx = wants_dx ? b.like(input) : kNone;
            if (!wants_dx && !learns) return kNone;
            b.add(BatchNormBackward{input, mean, variance, b.grouped(dy, channels), dx, gamma, beta, moving_mean,
                                    moving_variance, epsilon, learns});
            return dx;
          }};
}

}  // namespace bardana
