// _core.Model without what computes (runs.cpp). Arguments become plain data first, then the GIL is
// released: Python objects must not be touched while other threads may run Python code.
#include "bindings/bind.h"

#include <pybind11/stl.h>

#include "bindings/arrays.h"
#include "bindings/gil.h"
#include "bindings/spec_from_dict.h"
#include "train/model.h"

namespace bardana::bindings {
namespace {

py::dict variable_info(const VariableSpec& spec) {
  py::dict info;
  info["name"] = spec.name;
  info["shape"] = to_tuple(spec.shape);
  info["trainable"] = spec.trainable;
  return info;
}

py::list variable_infos(const std::vector<VariableSpec>& specs) {
  py::list list;
  for (const VariableSpec& spec : specs) list.append(variable_info(spec));
  return list;
}

py::dict describe_layer(const std::string& class_name, const py::dict& config, const py::sequence& input_shape) {
  py::dict dict;
  dict["class_name"] = class_name;
  dict["config"] = config;
  const std::unique_ptr<Layer> layer = make_layer(layer_spec(dict));
  const Shape input = shape_from(input_shape);
  py::dict info;
  info["output_shape"] = to_tuple(layer->output_shape(input));
  info["variables"] = variable_infos(layer->variables(input));
  return info;
}

void check_variable(Model& model, int id) {
  if (id < 0 || id >= model.variables().count()) {
    throw py::index_error(concat("expected a variable index below ", model.variables().count(), ", received ", id));
  }
}

py::array read(Model& model, int id) {
  check_variable(model, id);
  const Variables& variables = model.variables();
  py::array values = new_array(variables.dtype(), variables.spec(id).shape);
  void* data = values.mutable_data();
  const WithoutGil release;
  const std::shared_lock guard(model.weights_lock());
  model.variables().read(model.variables().params(), id, data);
  return values;
}

/// All variables as they were at one moment.
py::list read_all(Model& model) {
  Variables& variables = model.variables();
  py::list list;
  std::vector<void*> targets;
  for (VariableId id = 0; id < variables.count(); ++id) {
    py::array values = new_array(variables.dtype(), variables.spec(id).shape);
    targets.push_back(values.mutable_data());
    list.append(std::move(values));
  }
  const WithoutGil release;
  const std::shared_lock guard(model.weights_lock());
  for (VariableId id = 0; id < variables.count(); ++id) variables.read(variables.params(), id, targets[size_t(id)]);
  return list;
}

void write(Model& model, int id, const py::object& value) {
  check_variable(model, id);
  const py::array values = converted(model.variables(), id, value);
  const void* data = values.data();
  const WithoutGil release;
  const std::lock_guard guard(model.weights_lock());
  model.about_to_write(id);
  model.variables().write(model.variables().params(), id, data);
}

/// All values at one moment; None keeps a variable as it is. Nothing is written if a value does not fit.
void write_all(Model& model, const py::sequence& values) {
  Variables& variables = model.variables();
  if (static_cast<int>(values.size()) != variables.count()) {
    fail("expected ", variables.count(), " values, received ", values.size());
  }
  std::vector<py::array> arrays;
  std::vector<std::pair<VariableId, const void*>> sources;
  for (VariableId id = 0; id < variables.count(); ++id) {
    const py::object value = values[static_cast<size_t>(id)];
    if (value.is_none()) continue;
    arrays.push_back(converted(model.variables(), id, value));
    sources.emplace_back(id, arrays.back().data());
  }
  const WithoutGil release;
  const std::lock_guard guard(model.weights_lock());
  for (const auto& [id, data] : sources) model.about_to_write(id);
  for (const auto& [id, data] : sources) variables.write(variables.params(), id, data);
}

void compile(Model& model, const py::object& loss, const py::sequence& metrics,
             const std::shared_ptr<OptimizerState>& optimizer, const py::object& rule) {
  CompileSpec spec;
  if (!loss.is_none()) spec.loss = objective_spec(loss, "loss");
  for (const py::handle& metric : metrics) spec.metrics.push_back(objective_spec(metric, "metric"));
  if (optimizer) spec.optimizer = optimizer_spec(rule);
  const WithoutGil release;
  model.compile(spec, optimizer);
}

py::list layer_variables(const Model& model) {
  py::list list;
  for (const auto& specs : model.network().layer_variables) list.append(variable_infos(specs));
  return list;
}

}  // namespace

void bind_model(py::module_& module) {
  using namespace py::literals;
  module.def("in_step", [] { return WeightsLock::passes_any(); });
  module.def("describe_layer", &describe_layer, "class_name"_a, "config"_a, "input_shape"_a);

  py::class_<Model>(module, "Model")
      .def(py::init([](const std::string& name, const std::string& dtype, const py::sequence& shape,
                       const py::sequence& layers) {
             return std::make_unique<Model>(model_spec(name, dtype, shape, layers));
           }),
           "name"_a, "dtype"_a, "input_shape"_a, "layers"_a)
      .def_property_readonly("output_shape", [](const Model& m) { return to_tuple(m.network().output_shape); })
      .def_property_readonly("is_training", [](Model& m) { return m.training_claim().is_held(); })
      .def("begin_training", [](Model& m) { m.training_claim().begin("fit()"); })
      .def("end_training", [](Model& m) { m.training_claim().unlock(); })
      .def_property(
          "stop", [](Model& m) { return m.stop().load(); }, [](Model& m, bool value) { m.stop() = value; })
      .def("layer_variables", &layer_variables)
      .def("read", &read, "index"_a)
      .def("write", &write, "index"_a, "value"_a)
      .def("read_all", &read_all)
      .def("write_all", &write_all, "values"_a)
      .def("compile", &compile, "loss"_a, "metrics"_a, "optimizer"_a, "rule"_a = py::none())
      .def(
          "explain", [](Model& m, const std::string& mode, int64_t rows) { return m.explain(parse_mode(mode), rows); },
          "mode"_a = "train", "rows"_a = 32);
}

}  // namespace bardana::bindings
