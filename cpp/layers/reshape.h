// Layers that only rename axes: Flatten, Reshape, Identity. They add no op; a following layer that needs another
// grouping of the numbers repacks them.
#pragma once

#include "layers/layer.h"

namespace bardana {

class ViewLayer : public Layer {
 public:
  using Layer::Layer;
  bool is_view() const override { return true; }
  bool masks(bool input) const override { return input && !reshapes(); }
  Lowered lower(Scope, const Flow& x) const override {
    return {{x.id, output_shape(x.shape), x.reshaped || reshapes()}, [](Builder&, TensorId dy, bool) { return dy; }};
  }

 protected:
  virtual bool reshapes() const { return true; }
};

class Flatten : public ViewLayer {
 public:
  explicit Flatten(ConfigReader& config);
  Shape output_shape(const Shape& input) const override { return {size_of(input)}; }
};

class Reshape : public ViewLayer {
 public:
  explicit Reshape(ConfigReader& config);
  Shape output_shape(const Shape& input) const override;

 private:
  Shape target_;  // one axis may be -1
};

class Identity : public ViewLayer {
 public:
  explicit Identity(ConfigReader& config) : ViewLayer(config) {}
  Shape output_shape(const Shape& input) const override { return input; }

 protected:
  bool reshapes() const override { return false; }
};

}  // namespace bardana
