#include "bindings/spec_from_dict.h"

#include <pybind11/stl.h>

#include <limits>

#include "bindings/host_calls.h"

namespace bardana::bindings {
namespace {

Value value_from(const py::handle& object) {
  if (object.is_none()) return {};
  if (py::isinstance<py::bool_>(object)) return {object.cast<bool>()};
  if (py::isinstance<py::int_>(object)) {
    int overflow = 0;
    const int64_t whole = PyLong_AsLongLongAndOverflow(object.ptr(), &overflow);
    if (overflow != 0) {
      fail("configuration: expected integers of 64 bits, received ", py::str(object).cast<std::string>());
    }
    return {whole};
  }
  if (py::isinstance<py::float_>(object)) return {object.cast<double>()};
  if (py::isinstance<py::str>(object)) return {object.cast<std::string>()};
  if (py::isinstance<py::dict>(object)) {
    Value::Dict dict;
    for (const auto& [key, item] : object.cast<py::dict>()) dict[key.cast<std::string>()] = value_from(item);
    return {std::move(dict)};
  }
  if (py::isinstance<py::list>(object) || py::isinstance<py::tuple>(object)) {
    Value::List list;
    for (const py::handle& item : object) list.push_back(value_from(item));
    return {std::move(list)};
  }
  throw py::type_error("configuration: expected None, bool, int, float, str, list or dict, received " +
                       py::str(py::type::of(object)).cast<std::string>());
}

}  // namespace

namespace {

/// {"name": …, "function": callable}.
HostPtr host_from(const py::handle& object) {
  const auto dict = object.cast<py::dict>();
  return std::make_shared<PythonHost>(dict["name"].cast<std::string>(), py::object(dict["function"]));
}

/// {"forward": host, "backward": host, "output_shape": …, "variables": [{"name": …, "shape": …, "trainable": …}, …]}.
HostLayerSpec host_layer_spec(const py::handle& object) {
  const auto dict = object.cast<py::dict>();
  HostLayerSpec spec{host_from(dict["forward"]),
                     host_from(dict["backward"]),
                     shape_from(dict["output_shape"].cast<py::sequence>()),
                     {}};
  for (const py::handle& entry : dict["variables"].cast<py::sequence>()) {
    const auto variable = entry.cast<py::dict>();
    spec.variables.push_back({variable["name"].cast<std::string>(), shape_from(variable["shape"].cast<py::sequence>()),
                              variable["trainable"].cast<bool>()});
  }
  return spec;
}

}  // namespace

ConstraintSpec constraint_spec(const py::handle& object) {
  const auto dict = object.cast<py::dict>();
  ConstraintSpec spec{dict["name"].cast<std::string>(), number_map(dict["parameters"]), {}};
  if (!dict["axes"].is_none()) {
    spec.axes.emplace();
    for (const py::handle axis : dict["axes"].cast<py::sequence>()) spec.axes->push_back(axis.cast<int64_t>());
  }
  return spec;
}

VariableOptions variable_options(const py::handle& object) {
  const auto dict = object.cast<py::dict>();
  VariableOptions options{dict["l1"].cast<double>(), dict["l2"].cast<double>(), {}};
  if (!dict["constraint"].is_none()) options.constraint = constraint_spec(dict["constraint"]);
  return options;
}

LayerSpec layer_spec(const py::handle& object) {
  const auto dict = object.cast<py::dict>();
  LayerSpec spec{
      dict["class_name"].cast<std::string>(), std::get<Value::Dict>(value_from(dict["config"]).data), {}, {}, {}};
  if (dict.contains("host")) spec.host = host_layer_spec(dict["host"]);
  if (dict.contains("activity")) {
    const auto [l1, l2] = dict["activity"].cast<std::pair<double, double>>();
    spec.activity = {l1, l2};
  }
  if (!dict.contains("variables")) return spec;
  for (const auto& [name, options] : dict["variables"].cast<py::dict>()) {
    spec.variables[name.cast<std::string>()] = variable_options(options);
  }
  return spec;
}

Shape shape_from(const py::sequence& axes) {
  Shape shape;
  for (const py::handle& axis : axes) {
    shape.push_back(axis.cast<int64_t>());
    if (shape.back() <= 0) fail("expected a shape of positive sizes, received ", to_string(shape));
  }
  return shape;
}

ModelSpec model_spec(const std::string& name, const std::string& dtype, const py::sequence& input_shape,
                     const py::sequence& layers) {
  ModelSpec spec{name, parse_dtype(dtype), shape_from(input_shape), {}};
  for (const py::handle& layer : layers) spec.layers.push_back(layer_spec(layer));
  return spec;
}

ObjectiveSpec objective_spec(const py::handle& object, const char* owner) {
  ObjectiveSpec spec;
  for (const auto& [key, value] : object.cast<py::dict>()) {
    const auto name = key.cast<std::string>();
    if (name == "function") {
      spec.function = value.cast<std::string>();
    } else if (name == "reduction") {
      spec.reduction = value.is_none() ? "none" : value.cast<std::string>();
    } else if (name == "from_logits") {
      spec.from_logits = value.cast<bool>();
    } else if (name == "factor") {
      spec.factor = value.cast<double>();
    } else if (name == "weighted") {
      spec.weighted = value.cast<bool>();
    } else if (name == "host") {
      spec.host = host_from(value);
    } else if (name == "state_size") {
      spec.host_state_size = value.cast<int64_t>();
    } else if (py::isinstance<py::list>(value)) {
      for (const py::handle& number : value) spec.lists[name].push_back(number.cast<double>());
    } else if (!value.is_none()) {
      spec.parameters[name] = value.cast<double>();
    }
  }
  if (spec.function.empty()) fail(owner, ": expected a dict with the key 'function'");
  return spec;
}

OptimizerSpec optimizer_spec(const py::handle& object) {
  const auto dict = object.cast<py::dict>();
  OptimizerSpec spec{dict["name"].cast<std::string>(), number_map(dict["hyperparameters"])};
  if (dict.contains("host")) spec.host = host_from(dict["host"]);
  UpdateOptions& options = spec.options;
  for (const auto& [key, value] : dict["options"].cast<py::dict>()) {
    const auto name = key.cast<std::string>();
    if (name == "weight_decay")
      options.weight_decay = value.cast<double>();
    else if (name == "undecayed")
      options.undecayed = value.cast<std::vector<bool>>();
    else if (name == "clipnorm")
      options.clipnorm = value.cast<double>();
    else if (name == "global_clipnorm")
      options.global_clipnorm = value.cast<double>();
    else if (name == "clipvalue")
      options.clipvalue = value.cast<double>();
    else if (name == "averages")
      options.averages = value.cast<bool>();
    else if (name == "average_momentum")
      options.average_momentum = value.cast<double>();
    else if (name == "overwrite_frequency")
      options.overwrite_frequency = value.cast<int64_t>();
    else if (name == "accumulation_steps")
      options.accumulation_steps = value.cast<int64_t>();
    else if (name == "loss_scale")
      options.loss_scale = value.cast<double>();
    else
      fail("optimizer: unknown option '", name, "'");
  }
  if (options.accumulation_steps < 1) fail("optimizer: expected at least 1 accumulation step");
  return spec;
}

std::map<std::string, double> number_map(const py::handle& object) {
  std::map<std::string, double> numbers;
  for (const auto& [key, value] : object.cast<py::dict>()) numbers[key.cast<std::string>()] = value.cast<double>();
  return numbers;
}

}  // namespace bardana::bindings
