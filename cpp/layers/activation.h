// Activations as a layer, and as the last part of layers that have an `activation` argument.
#pragma once

#include <optional>

#include "layers/layer.h"

namespace bardana {

/// An elementwise formula with its parameters, or an activation of whole rows along some axes.
class ActivationFunction {
 public:
  /// Reads the key `activation`: a name, or a dict of `name`, `parameters` (values by name) and `axes`, which count
  /// without the batch axis and from the end where negative; none means the last axis.
  explicit ActivationFunction(ConfigReader& config);

  /// Throws std::invalid_argument when the output has no such axes.
  void check(const Shape& output) const;
  /// y = f(x) and the backward ops dx = dy · f'.
  Lowered lower(Builder& plan, const Flow& x) const;

 private:
  void read_name(const std::string& name, const std::map<std::string, double>& parameters);
  Lowered lower_elementwise(Builder& plan, const Flow& x) const;

  std::string owner_;
  std::optional<RowActivation> rows_;
  Shape axes_;
  ActivationRef elementwise_;
};

class ActivationLayer : public Layer {
 public:
  explicit ActivationLayer(ConfigReader& config);
  Shape output_shape(const Shape& input) const override;
  Lowered lower(Scope scope, const Flow& x) const override { return function_.lower(scope.plan, x); }

 private:
  ActivationFunction function_;
};

}  // namespace bardana
