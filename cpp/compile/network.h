// The layers of a model with every shape and variable worked out: what lowering starts from.
#pragma once

#include <memory>
#include <vector>

#include "layers/layer.h"

namespace bardana {

struct Network {
  explicit Network(const ModelSpec& spec);

  std::string name;
  DType dtype;
  Shape input_shape, output_shape;
  std::vector<std::unique_ptr<Layer>> layers;
  std::vector<VariableId> first_variable;  // per layer
  std::vector<std::vector<VariableSpec>> layer_variables;
  std::vector<ActivityPenalty> activity;  // per layer
  bool couples_rows = false;              // Layer::couples_rows of any layer
  int64_t widest;                         // elements of the largest activation of one row, the input included
  std::optional<IndexRange> indices;      // what the user's inputs may be, where a layer takes them as whole numbers
  bool calls_host = false;                // any layer
  bool masked = false;                    // whether the output carries a mask
  double looked_up = 0.0;                 // elements of the variables of which a step reads some rows only
  double work = 0.0;  // of a forward pass over one row, in multiply-adds; an element of an activation counts as 8

  std::vector<VariableSpec> all_variables() const;
  /// Width of the output's last axis, and how many such groups a row has.
  int64_t classes() const { return output_shape.empty() ? 1 : output_shape.back(); }
  int64_t groups() const { return size_of(output_shape) / classes(); }
};

}  // namespace bardana
