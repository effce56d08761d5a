// A layer: its shape rule, its variables, and how it is written as ops of a plan, forward and backward.
#pragma once

#include <functional>
#include <memory>
#include <optional>
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

/// Whole numbers from `least` to `most`; `expected` says in words which are meant.
struct IndexRange {
  int64_t least, most;
  std::string expected;
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

  /// Which whole numbers the layer takes where its input is the user's own: checked before a step, which cannot fail.
  virtual std::optional<IndexRange> indices() const { return std::nullopt; }
  /// Whether the output is the input's numbers under other axes.
  virtual bool is_view() const { return false; }
  /// Whether a step reads all of the layer's variables, and not some rows of them.
  virtual bool reads_whole_variables() const { return true; }
  /// Whether the output carries a mask, given whether the input does.
  virtual bool masks(bool input) const { return input; }

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
