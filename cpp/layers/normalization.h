// Normalization of activations. BatchNormalization: y = γ (x − μ) / √(σ² + ε) + β with the mean and variance of each
// channel over a batch, or with their moving averages outside of training. Ioffe, Szegedy 2015, algorithms 1 and 2.
// The arithmetic is cpu/kernels/normalization.inl.
#pragma once

#include "layers/layer.h"

namespace bardana {

/// γ and β, the trainable variables that normalizing layers share, each of them optional.
struct ScaleAndOffset {
  explicit ScaleAndOffset(ConfigReader& config);
  void add_to(std::vector<VariableSpec>& specs, const Shape& shape, bool trainable) const;
  /// Their numbers from a layer's first variable on, or kNone.
  VariableId gamma(VariableId first) const { return scale ? first : kNone; }
  VariableId beta(VariableId first) const { return center ? first + scale : kNone; }
  int count() const { return scale + center; }

  bool scale, center;
};

class BatchNormalization : public Layer {
 public:
  explicit BatchNormalization(ConfigReader& config);
  Shape output_shape(const Shape& input) const override;
  std::vector<VariableSpec> variables(const Shape& input) const override;
  Lowered lower(Scope scope, const Flow& x) const override;
  bool couples_rows() const override { return trainable(); }

 private:
  int64_t axis_;
  double momentum_, epsilon_;
  ScaleAndOffset affine_;
};

/// Normalization of every example by itself, over the last axes: LayerNormalization (Ba, Kiros, Hinton 2016) with mean
/// and variance, RMSNormalization (Zhang, Sennrich 2019) without the mean, UnitNormalization to Euclidean length 1.
class RowNormalization : public Layer {
 public:
  Shape output_shape(const Shape& input) const override;
  std::vector<VariableSpec> variables(const Shape& input) const override;
  Lowered lower(Scope scope, const Flow& x) const override;

 protected:
  struct Kind {
    bool center = true, unit = false;
    const char* gamma = "gamma";
  };
  /// Reads the keys that the three share. Axes: an integer or a list of them.
  RowNormalization(ConfigReader& config, Kind kind, double epsilon, bool scale, bool offset);

 private:
  /// Numbers that are normalized together; std::invalid_argument unless the axes are the last ones.
  int64_t width(const Shape& input) const;

  std::vector<int64_t> axes_;
  Kind kind_;
  double epsilon_;
  bool scale_, offset_;
};

class LayerNormalization : public RowNormalization {
 public:
  explicit LayerNormalization(ConfigReader& config);
};

class RMSNormalization : public RowNormalization {
 public:
  explicit RMSNormalization(ConfigReader& config);
};

class UnitNormalization : public RowNormalization {
 public:
  explicit UnitNormalization(ConfigReader& config);
};

}  // namespace bardana
