// A layer written in the host's language, whose shapes and variables it has declared for inputs of one shape.
#pragma once

#include "layers/layer.h"

namespace bardana {

class HostLayer : public Layer {
 public:
  HostLayer(ConfigReader& config, HostLayerSpec spec) : Layer(config), spec_(std::move(spec)) {}
  Shape output_shape(const Shape&) const override { return spec_.output_shape; }
  std::vector<VariableSpec> variables(const Shape&) const override;
  Lowered lower(Scope scope, const Flow& x) const override;
  /// For all that is known: the rows of a batch are the host's to mix.
  bool couples_rows() const override { return true; }

 private:
  HostLayerSpec spec_;
};

}  // namespace bardana
