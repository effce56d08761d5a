// Layers that disturb their input while training and pass it on otherwise: dropout of whole slices, AlphaDropout
// (Klambauer et al. 2017, section "New dropout technique"), GaussianDropout (Srivastava et al. 2014, section 10) and
// GaussianNoise. The arithmetic is cpu/kernels/noise.inl.
#pragma once

#include <optional>

#include "layers/layer.h"

namespace bardana {

/// Which axes share random numbers: 1 there, the axis' size or -1 elsewhere, the batch axis first.
class NoiseShape {
 public:
  /// Reads the key `noise_shape`, None or a list.
  explicit NoiseShape(ConfigReader& config);
  explicit operator bool() const { return axes_.has_value(); }
  /// Completes op for inputs of this shape; std::invalid_argument where the axes do not fit.
  void apply(Noise& op, const Shape& input, const std::string& layer) const;

 private:
  std::optional<Shape> axes_;
};

/// The ops of a noise layer: forward in training, and the op for the gradient, or none where that is passed on.
struct NoiseOps {
  std::optional<Noise> forward, backward;
};
Lowered lower_noise(Builder& plan, const Flow& x, NoiseOps ops);

class NoiseLayer : public Layer {
 public:
  Shape output_shape(const Shape& input) const override;
  Lowered lower(Scope scope, const Flow& x) const override;

 protected:
  NoiseLayer(ConfigReader& config, std::optional<NoiseShape> shape);
  NoiseOps ops_;  // without tensors and shape

 private:
  std::optional<NoiseShape> shape_;
};

class AlphaDropout : public NoiseLayer {
 public:
  explicit AlphaDropout(ConfigReader& config);
};

class GaussianDropout : public NoiseLayer {
 public:
  explicit GaussianDropout(ConfigReader& config);
};

class GaussianNoise : public NoiseLayer {
 public:
  explicit GaussianNoise(ConfigReader& config);
};

}  // namespace bardana
