// Layers that prepare data: Normalization, Rescaling, Discretization, CategoryEncoding. The arithmetic is
// cpu/kernels/preprocessing.inl.
#pragma once

#include "layers/layer.h"

namespace bardana {

/// y = (x − mean) / max(√variance, ε), or its inverse, with a mean and a variance for every position along some axes:
/// given, or variables that `adapt` sets.
class Normalization : public Layer {
 public:
  explicit Normalization(ConfigReader& config);
  Shape output_shape(const Shape& input) const override;
  std::vector<VariableSpec> variables(const Shape& input) const override;
  Lowered lower(Scope scope, const Flow& x) const override;

 private:
  /// Sizes of a row's axes, 1 for those that share a mean.
  Shape kept(const Shape& input) const;
  Shape moment_shape(const Shape& input) const;

  Shape axes_;  // counted with the batch axis
  bool invert_, given_;
  double epsilon_;
  std::vector<double> mean_, variance_;
  Shape given_shape_;
};

/// y = x · scale + offset, both numbers or arrays that broadcast to a row's shape.
class Rescaling : public Layer {
 public:
  explicit Rescaling(ConfigReader& config);
  Shape output_shape(const Shape& input) const override;
  Lowered lower(Scope scope, const Flow& x) const override;

 private:
  std::vector<double> scale_, offset_;
  Shape scale_shape_, offset_shape_;
};

/// Class numbers, or one vector for each of them, or one for all along the first axis of a row.
class CategoryEncoding : public Layer {
 public:
  explicit CategoryEncoding(ConfigReader& config);
  Shape output_shape(const Shape& input) const override;
  Lowered lower(Scope scope, const Flow& x) const override;
  std::optional<IndexRange> indices() const override;

 private:
  int64_t num_tokens_;
  Encoding encoding_;
  bool weighted_;
};

/// The number of the bin that x lies in, encoded like a class number unless the mode is "int".
class Discretization : public Layer {
 public:
  explicit Discretization(ConfigReader& config);
  Shape output_shape(const Shape& input) const override;
  Lowered lower(Scope scope, const Flow& x) const override;

 private:
  std::vector<double> boundaries_;
  std::optional<Encoding> encoding_;
};

}  // namespace bardana
