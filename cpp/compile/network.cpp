#include "compile/network.h"

#include <algorithm>

namespace bardana {
namespace {

double size_of_all(const std::vector<VariableSpec>& variables) {
  double size = 0.0;
  for (const VariableSpec& variable : variables) size += static_cast<double>(size_of(variable.shape));
  return size;
}

double work_of(const Shape& input, const Shape& output, double weights) {
  const double groups = input.empty() ? 1.0 : static_cast<double>(size_of(input)) / static_cast<double>(input.back());
  return groups * weights + 8.0 * static_cast<double>(size_of(output));
}

/// The variables of a layer with what the model's declaration says about them.
std::vector<VariableSpec> variables_of(const Layer& layer, const LayerSpec& spec, const Shape& input) {
  std::vector<VariableSpec> variables = layer.variables(input);
  for (const auto& [name, options] : spec.variables) {
    const auto found = std::ranges::find(variables, name, &VariableSpec::name);
    if (found == variables.end()) fail("layer '", layer.name(), "' has no variable '", name, "'");
    found->options = options;
  }
  return variables;
}

}  // namespace

Network::Network(const ModelSpec& spec) : name(spec.name), dtype(spec.dtype), input_shape(spec.input_shape) {
  output_shape = input_shape;
  widest = size_of(input_shape);
  VariableId next = 0;
  bool is_input = true;  // whether the next layer sees the user's own numbers
  for (const LayerSpec& layer_spec : spec.layers) {
    layers.push_back(make_layer(layer_spec));
    const Layer& layer = *layers.back();
    const Shape input = output_shape;
    output_shape = layer.output_shape(input);
    widest = std::max(widest, size_of(output_shape));
    activity.push_back(layer_spec.activity);
    calls_host = calls_host || layer_spec.host;
    couples_rows = couples_rows || layer.couples_rows();
    layer_variables.push_back(variables_of(layer, layer_spec, input));
    first_variable.push_back(next);
    next += static_cast<VariableId>(layer_variables.back().size());
    const double weights = size_of_all(layer_variables.back());
    if (!layer.reads_whole_variables()) looked_up += weights;
    work += work_of(input, output_shape, layer.reads_whole_variables() ? weights : 0.0);
    if (is_input && layer.indices()) indices = layer.indices();
    is_input = is_input && layer.is_view();
    masked = layer.masks(masked);
  }
  if (size_of(output_shape) == 0)
    fail("model '", name, "': the output shape ", to_batch_string(output_shape), " is empty");
}

std::vector<VariableSpec> Network::all_variables() const {
  std::vector<VariableSpec> all;
  for (const auto& of_layer : layer_variables) all.insert(all.end(), of_layer.begin(), of_layer.end());
  return all;
}

}  // namespace bardana
