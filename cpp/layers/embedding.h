// Embedding: y = the rows of a matrix that the inputs name; embeddings (input_dim, output_dim). The arithmetic is
// cpu/kernels/embedding.inl.
#pragma once

#include "layers/layer.h"

namespace bardana {

class Embedding : public Layer {
 public:
  explicit Embedding(ConfigReader& config);
  Shape output_shape(const Shape& input) const override;
  std::vector<VariableSpec> variables(const Shape& input) const override;
  Lowered lower(Scope scope, const Flow& x) const override;
  std::optional<IndexRange> indices() const override;
  bool reads_whole_variables() const override { return false; }
  bool masks(bool input) const override { return input || mask_zero_; }

 private:
  int64_t input_dim_, output_dim_;
  bool mask_zero_;
};

}  // namespace bardana
