#include "layers/normalization.h"

#include <algorithm>

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

RowNormalization::RowNormalization(ConfigReader& config, Kind kind, double epsilon, bool scale, bool offset)
    : Layer(config), axes_(config.shape("axis")), kind_(kind), epsilon_(epsilon), scale_(scale), offset_(offset) {}

int64_t RowNormalization::width(const Shape& input) const {
  const auto rank = static_cast<int64_t>(input.size()) + 1;
  Shape axes = axes_;
  for (int64_t& axis : axes) axis = axis < 0 ? axis + rank : axis;
  std::ranges::sort(axes);
  int64_t width = 1;
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t expected = rank - static_cast<int64_t>(axes.size() - i);
    if (expected < 1 || axes[i] != expected) {
      fail("layer '", name(), "': expected axis to be the last axis, or the last ones, of inputs of shape ",
           to_batch_string(input), ", received axis=", to_string(axes_));
    }
    width *= input[static_cast<size_t>(expected - 1)];
  }
  if ((scale_ || offset_) && axes.size() != 1) {
    fail("layer '", name(), "': expected one axis, received axis=", to_string(axes_));
  }
  return width;
}

Shape RowNormalization::output_shape(const Shape& input) const { return width(input), input; }

std::vector<VariableSpec> RowNormalization::variables(const Shape& input) const {
  std::vector<VariableSpec> specs;
  if (scale_) specs.push_back({kind_.gamma, {width(input)}, trainable()});
  if (offset_) specs.push_back({"beta", {width(input)}, trainable()});
  return specs;
}

Lowered RowNormalization::lower(Scope scope, const Flow& x) const {
  Builder& plan = scope.plan;
  const int64_t size = width(x.shape);
  const TensorId input = plan.grouped(x.id, size), y = plan.like(input), inverse = plan.column(plan.tensor(y).outer);
  const TensorId mean = kind_.center ? plan.column(plan.tensor(y).outer) : kNone;
  const VariableId gamma = scale_ ? scope.first_variable : kNone;
  const VariableId beta = offset_ ? scope.first_variable + scale_ : kNone;
  plan.add(RowNorm{input, y, mean, inverse, gamma, beta, epsilon_, kind_.unit});
  const bool learns = trainable() && (scale_ || offset_);
  return {{y, x.shape}, [=, epsilon = epsilon_, unit = kind_.unit](Builder& b, TensorId dy, bool wants_dx) {
            if (!wants_dx && !learns) return kNone;
            const TensorId dx = wants_dx ? b.like(input) : kNone;
            b.add(RowNormBackward{input, mean, inverse, b.grouped(dy, size), dx, gamma, beta, epsilon, unit, learns});
            return dx;
          }};
}

LayerNormalization::LayerNormalization(ConfigReader& config)
    : RowNormalization(config, {}, config.number("epsilon"), config.flag("scale"), config.flag("center")) {}

RMSNormalization::RMSNormalization(ConfigReader& config)
    : RowNormalization(config, {.center = false, .gamma = "scale"}, config.number("epsilon"), true, false) {}

UnitNormalization::UnitNormalization(ConfigReader& config)
    : RowNormalization(config, {.center = false, .unit = true}, 1e-12, false, false) {}

}  // namespace bardana
