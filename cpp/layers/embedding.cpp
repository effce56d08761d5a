#include "layers/embedding.h"

namespace bardana {

Embedding::Embedding(ConfigReader& config)
    : Layer(config),
      input_dim_(config.integer("input_dim")),
      output_dim_(config.integer("output_dim")),
      mask_zero_(config.flag("mask_zero")) {
  if (input_dim_ <= 0 || output_dim_ <= 0) {
    fail(config.owner(), ": expected input_dim and output_dim above 0, received ", input_dim_, " and ", output_dim_);
  }
}

Shape Embedding::output_shape(const Shape& input) const {
  Shape output = input;
  output.push_back(output_dim_);
  return output;
}

std::vector<VariableSpec> Embedding::variables(const Shape&) const {
  return {{"embeddings", {input_dim_, output_dim_}, trainable()}};
}

std::optional<IndexRange> Embedding::indices() const {
  return IndexRange{-input_dim_, input_dim_ - 1,
                    concat("Embedding layer '", name(), "': expected indices from 0 to ", input_dim_ - 1,
                           " (input_dim is ", input_dim_, ")")};
}

Lowered Embedding::lower(Scope scope, const Flow& x) const {
  const VariableId w = scope.first_variable;
  const int64_t count = size_of(x.shape);
  const TensorId ids = scope.plan.column(count, Tensor::Kind::labels), y = scope.plan.batch(count, output_dim_);
  scope.plan.add(ToIds{x.id, ids});
  scope.plan.add(Embed{ids, y, w});
  const bool learns = trainable();
  const auto backward = [=, input = x.id, dim = output_dim_](Builder& plan, TensorId dy, bool wants_dx) {
    if (learns) plan.add(EmbedBackward{ids, plan.grouped(dy, dim), w});
    return wants_dx ? plan.zeros(input) : kNone;
  };
  return {{y, output_shape(x.shape)}, backward};
}

}  // namespace bardana
