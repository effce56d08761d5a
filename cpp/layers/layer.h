// A layer: its shape rule, its variables, and how it is written as ops of a plan, forward and backward.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/spec.h"
#include "plan/builder.h"

namespace bardana {

/// A tensor of the plan with its logical shape. `reshaped`: a Flatten or Reshape stands between the op that wrote it
/// and here, behind which Keras no longer sees the logits of a softmax or sigmoid.
struct Flow {
  TensorId id = kNone;
  Shape shape;
  bool reshaped = false;
};

/// Adds the backward ops for the gradient dy of the output; returns the gradient by the input, or kNone when it is not
/// wanted.
using Backward = std::function<TensorId(Builder& plan, TensorId dy, bool wants_dx)>;

struct Lowered {
  Flow y;
  Backward backward;
};

/// What a layer knows while it is lowered.
struct Scope {
  Builder& plan;
  VariableId first_variable;  // of this layer
};

class Layer {
 public:
  virtual ~Layer() = default;

  /// Throws std::invalid_argument naming the layer when inputs of this shape do not fit.
  virtual Shape output_shape(const Shape& input) const = 0;
  virtual std::vector<VariableSpec> variables(const Shape&) const { return {}; }
  virtual Lowered lower(Scope scope, const Flow& x) const = 0;
  /// Whether in training a row's output depends on other rows, and the model's state on the passes it has seen.
  virtual bool couples_rows() const { return false; }

  const std::string& name() const { return name_; }
  bool trainable() const { return trainable_; }

 protected:
  /// Reads the keys that all layers share.
  explicit Layer(ConfigReader& config);

 private:
  std::string name_;
  bool trainable_;
};

/// Makes a layer from its class name and the dict of its get_config(); unknown class or key is std::invalid_argument.
std::unique_ptr<Layer> make_layer(const LayerSpec& spec);
std::vector<std::string> layer_names();

}  // namespace bardana
