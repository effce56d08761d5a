// What Python declared, as plain data: the layers when the model is built, loss, metrics and optimizer when it is
// compiled.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/config.h"
#include "common/shape.h"
#include "model/host.h"

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

/// What a layer's output y adds to the loss, (l1 Σ|y| + l2 Σy²) / rows.
struct ActivityPenalty {
  double l1 = 0.0, l2 = 0.0;
  explicit operator bool() const { return l1 != 0.0 || l2 != 0.0; }
};

/// A variable that a layer wants: `kernel` (in, out), `bias` (out,) …
struct VariableSpec {
  std::string name;
  Shape shape;
  bool trainable = true;
  VariableOptions options = {};
};

/// A layer in the host's language, for inputs of one shape. forward: (x) → y; backward: (dy) → dx and the gradients of
/// the trainable variables.
struct HostLayerSpec {
  HostPtr forward, backward;
  Shape output_shape;
  std::vector<VariableSpec> variables;
};

struct LayerSpec {
  std::string class_name;
  Value::Dict config;
  std::map<std::string, VariableOptions> variables = {};  // by name; those without options may be missing
  ActivityPenalty activity = {};
  std::optional<HostLayerSpec> host = {};
};

struct ModelSpec {
  std::string name;
  DType dtype = DType::float32;
  Shape input_shape;
  std::vector<LayerSpec> layers;
};

/// A loss or metric: native function name and its parameters; for losses how rows are reduced and what the result is
/// multiplied by; for metrics whether they take the sample weights.
struct ObjectiveSpec {
  std::string function;
  std::map<std::string, double> parameters;
  std::map<std::string, std::vector<double>> lists = {};
  bool from_logits = false;
  std::string reduction = "sum_over_batch_size";
  double factor = 1.0;
  bool weighted = false;
  HostPtr host = {};  // instead of the function: (y, prediction, weights) → numbers, and for a loss the gradient
  int64_t host_state_size = 0;  // so many numbers, 2 for a loss
};

/// What every optimizer can do besides its own rule. 0 switches a number off.
struct UpdateOptions {
  double weight_decay = 0.0;         // w ← w − w · decay · rate before the update
  std::vector<bool> undecayed = {};  // by variable; those without decay
  double clipnorm = 0.0, global_clipnorm = 0.0, clipvalue = 0.0;
  bool averages = false;  // keeps a moving average of the weights
  double average_momentum = 0.99;
  int64_t overwrite_frequency = 0;  // of steps after which the averages take the place of the weights
  int64_t accumulation_steps = 1;   // gradients that make one update
  double loss_scale = 1.0;          // by which gradients given from outside are divided
};

struct OptimizerSpec {
  std::string name;
  std::map<std::string, double> hyperparameters;
  UpdateOptions options = {};
  HostPtr host = {};  // instead of the rule: takes the gradients of the trainable variables and changes these itself
};

struct CompileSpec {
  std::optional<ObjectiveSpec> loss;
  std::vector<ObjectiveSpec> metrics;
  std::optional<OptimizerSpec> optimizer;
};

}  // namespace bardana
