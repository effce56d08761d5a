// What Python declared, as plain data: the layers when the model is built, loss, metrics and optimizer when it is
// compiled.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/config.h"
#include "common/shape.h"

namespace bardana {

/// What is done to weights after every optimizer step; norms are taken over `axes`, or over all where there are none.
struct ConstraintSpec {
  std::string name;
  std::map<std::string, double> parameters;
  std::optional<std::vector<int64_t>> axes = {};
};

/// Regularizer, l1 Σ|w| + l2 Σw², and constraint of a variable.
struct VariableOptions {
  double l1 = 0.0, l2 = 0.0;
  std::optional<ConstraintSpec> constraint = {};
};

struct LayerSpec {
  std::string class_name;
  Value::Dict config;
  std::map<std::string, VariableOptions> variables = {};  // by name; those without options may be missing
};

struct ModelSpec {
  std::string name;
  DType dtype = DType::float32;
  Shape input_shape;
  std::vector<LayerSpec> layers;
};

/// A loss or metric: native function name, its parameters, and for losses how rows are reduced and what the result is
/// multiplied by.
struct ObjectiveSpec {
  std::string function;
  std::map<std::string, double> parameters;
  bool from_logits = false;
  std::string reduction = "sum_over_batch_size";
  double factor = 1.0;
};

struct OptimizerSpec {
  std::string name;
  std::map<std::string, double> hyperparameters;
};

struct CompileSpec {
  std::optional<ObjectiveSpec> loss;
  std::vector<ObjectiveSpec> metrics;
  std::optional<OptimizerSpec> optimizer;
};

/// A variable that a layer wants: `kernel` (in, out), `bias` (out,) …
struct VariableSpec {
  std::string name;
  Shape shape;
  bool trainable = true;
  VariableOptions options = {};
};

}  // namespace bardana
