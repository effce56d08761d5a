// _core.Optimizer and _core.Model. Arguments become plain data first, then the GIL is released: Python objects must not
// be touched while other threads may run Python code.
#include "bindings/bind.h"

#include <pybind11/stl.h>

#include "bindings/arrays.h"
#include "bindings/gil.h"
#include "bindings/host_calls.h"
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

/// A fit, evaluate or predict call's arrays; keeps them alive.
struct Arrays {
  Arrays(const py::object& x_array, const py::object& y_array, const py::object& weight_array)
      : x(x_array),
        y(y_array),
        weight(weight_array),
        data{source_of(x, "x"), source_of(y, "y"), source_of(weight, "sample_weight")} {
    if (data.x.data == nullptr) fail("x: expected a NumPy array, received None");
  }
  py::object x, y, weight;
  Data data;
};

void check_targets_given(const Arrays& arrays) {
  if (arrays.data.y.data == nullptr) fail("y: expected an array of targets, received None");
}

void check_batch_size(int64_t batch_size) {
  if (batch_size <= 0) fail("batch_size: expected a positive integer, received ", batch_size);
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

/// The value in the variable's type and layout; checked.
py::array converted(Model& model, int id, const py::object& value) {
  const VariableSpec& spec = model.variables().spec(id);
  const auto convert = [&]() -> py::array {
    constexpr int kFlags = py::array::c_style | py::array::forcecast;
    if (model.variables().dtype() == DType::float32) return py::array_t<float, kFlags>::ensure(value);
    return py::array_t<double, kFlags>::ensure(value);
  };
  py::array values = convert();
  if (!values) throw py::error_already_set();
  if (shape_of(values) != spec.shape) {
    fail("variable '", spec.name, "': expected shape ", to_string(spec.shape), ", received ",
         to_string(shape_of(values)));
  }
  return values;
}

void write(Model& model, int id, const py::object& value) {
  check_variable(model, id);
  const py::array values = converted(model, id, value);
  const void* data = values.data();
  const WithoutGil release;
  const std::lock_guard guard(model.weights_lock());
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
    arrays.push_back(converted(model, id, value));
    sources.emplace_back(id, arrays.back().data());
  }
  const WithoutGil release;
  const std::lock_guard guard(model.weights_lock());
  for (const auto& [id, data] : sources) variables.write(variables.params(), id, data);
}

/// Copies of the slots, every trainable variable's in turn, as they were at one moment.
py::list slots(Model& model) {
  Variables& variables = model.variables();
  std::vector<std::pair<VariableId, Memory>> copies;
  {
    const WithoutGil release;
    const std::shared_lock guard(model.weights_lock());
    for (VariableId id = 0; id < variables.count(); ++id) {
      const VariableSpec& spec = variables.spec(id);
      for (int s = 0; spec.trainable && s < variables.slot_count(); ++s) {
        copies.emplace_back(id, Memory(size_of(spec.shape) * bytes_of(variables.dtype())));
        variables.read(variables.slot(s), id, copies.back().second.data());
      }
    }
  }
  py::list list;
  for (const auto& [id, copy] : copies) {
    py::array values = new_array(variables.dtype(), variables.spec(id).shape);
    std::copy_n(copy.data(), copy.bytes(), static_cast<std::byte*>(values.mutable_data()));
    list.append(std::move(values));
  }
  return list;
}

void compile(Model& model, const py::object& loss, const py::sequence& metrics,
             const std::shared_ptr<OptimizerState>& optimizer) {
  CompileSpec spec;
  if (!loss.is_none()) spec.loss = objective_spec(loss, "loss");
  for (const py::handle& metric : metrics) spec.metrics.push_back(objective_spec(metric, "metric"));
  if (optimizer) spec.optimizer = optimizer->spec;
  const WithoutGil release;
  model.compile(spec, optimizer);
}

py::object train_epoch(Model& model, const py::object& x, const py::object& y, const py::object& sample_weight,
                       int64_t batch_size, std::optional<uint64_t> shuffle_seed, uint64_t epoch,
                       py::object on_batch_begin, py::object on_batch_end, py::object on_progress) {
  const Arrays arrays(x, y, sample_weight);
  check_targets_given(arrays);
  check_batch_size(batch_size);
  PythonHooks hooks(std::move(on_batch_begin), std::move(on_batch_end), std::move(on_progress));
  Totals totals;
  {
    const WithoutGil release;
    totals =
        model.train_epoch(arrays.data, {batch_size, shuffle_seed.has_value(), shuffle_seed.value_or(0), epoch}, hooks);
  }
  return totals_array(totals);
}

py::object evaluate(Model& model, const py::object& x, const py::object& y, const py::object& sample_weight,
                    int64_t batch_size, py::object on_batch_begin, py::object on_batch_end, py::object on_progress) {
  const Arrays arrays(x, y, sample_weight);
  check_targets_given(arrays);
  check_batch_size(batch_size);
  PythonHooks hooks(std::move(on_batch_begin), std::move(on_batch_end), std::move(on_progress));
  Totals totals;
  {
    const WithoutGil release;
    totals = model.evaluate(arrays.data, batch_size, hooks);
  }
  return totals_array(totals);
}

py::array predict(Model& model, const py::object& x, std::optional<int64_t> batch_size, bool training, uint64_t call,
                  py::object on_batch_begin, py::object on_batch_end, py::object on_progress) {
  const Arrays arrays(x, py::none(), py::none());
  PythonHooks hooks(std::move(on_batch_begin), std::move(on_batch_end), std::move(on_progress));
  const int64_t asked = batch_size.value_or(model.comfortable_rows());
  check_batch_size(asked);
  // Results do not depend on it, so nobody notices larger steps, unless hooks watch every batch.
  const int64_t batches_a_step = hooks.wants_batches() ? 1 : std::max<int64_t>(1, model.comfortable_rows() / asked);
  const int64_t rows = asked * batches_a_step;
  Shape shape = model.network().output_shape;
  hooks.expect_outputs(model.network().dtype, shape, batches_a_step);
  shape.insert(shape.begin(), arrays.data.x.rows);
  py::array output = new_array(model.network().dtype, shape);
  void* data = output.mutable_data();
  {
    const WithoutGil release;
    model.predict(arrays.data.x, rows, training, call, data, hooks);
  }
  return output;
}

py::tuple gradients(Model& model, const py::object& x, const py::object& y, const py::object& sample_weight,
                    bool training, uint64_t call) {
  const Arrays arrays(x, y, sample_weight);
  check_targets_given(arrays);
  const Variables& variables = model.variables();
  py::list by_variable;
  std::vector<std::pair<VariableId, void*>> targets;
  for (VariableId id = 0; id < variables.count(); ++id) {
    if (!variables.spec(id).trainable) continue;
    py::array array = new_array(variables.dtype(), variables.spec(id).shape);
    targets.emplace_back(id, array.mutable_data());
    by_variable.append(std::move(array));
  }
  py::array dx = new_array(variables.dtype(), shape_of(arrays.x.cast<py::array>()));
  void* dx_data = dx.mutable_data();
  double loss = 0.0;
  {
    const WithoutGil release;
    loss = model.gradients(arrays.data, training, call, dx_data, [&](Variables& owner) {
      for (const auto& [id, data] : targets) owner.read(owner.grads(), id, data);
    });
  }
  return py::make_tuple(loss, by_variable, dx);
}

py::list layer_variables(const Model& model) {
  py::list list;
  for (const auto& specs : model.network().layer_variables) list.append(variable_infos(specs));
  return list;
}

std::shared_ptr<OptimizerState> make_optimizer(const std::string& name, const py::dict& hyperparameters) {
  OptimizerSpec spec{name, number_map(hyperparameters)};
  CompileSpec checked;
  checked.optimizer = spec;
  resolve(checked);
  return std::make_shared<OptimizerState>(std::move(spec));
}

}  // namespace

void bind_model(py::module_& module) {
  using namespace py::literals;
  module.def("describe_layer", &describe_layer, "class_name"_a, "config"_a, "input_shape"_a);

  py::class_<OptimizerState, std::shared_ptr<OptimizerState>>(module, "Optimizer")
      .def(py::init(&make_optimizer), "name"_a, "hyperparameters"_a)
      .def_property(
          "learning_rate", [](const OptimizerState& o) { return o.learning_rate.load(); },
          [](OptimizerState& o, double value) { o.learning_rate = value; })
      .def_property(
          "iterations", [](const OptimizerState& o) { return o.iterations.load(); },
          [](OptimizerState& o, int64_t value) { o.iterations = value; });

  const auto none = py::none();
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
      .def("compile", &compile, "loss"_a, "metrics"_a, "optimizer"_a)
      .def("slots", &slots)
      .def("train_epoch", &train_epoch, "x"_a, "y"_a, "sample_weight"_a, "batch_size"_a, py::kw_only(),
           "shuffle_seed"_a = none, "epoch"_a = 0, "on_batch_begin"_a = none, "on_batch_end"_a = none,
           "on_progress"_a = none)
      .def("evaluate", &evaluate, "x"_a, "y"_a, "sample_weight"_a, "batch_size"_a, py::kw_only(),
           "on_batch_begin"_a = none, "on_batch_end"_a = none, "on_progress"_a = none)
      .def("predict", &predict, "x"_a, py::kw_only(), "batch_size"_a = none, "training"_a = false, "call"_a = 0,
           "on_batch_begin"_a = none, "on_batch_end"_a = none, "on_progress"_a = none)
      .def("gradients", &gradients, "x"_a, "y"_a, "sample_weight"_a, py::kw_only(), "training"_a = false, "call"_a = 0)
      .def(
          "explain", [](Model& m, const std::string& mode, int64_t rows) { return m.explain(parse_mode(mode), rows); },
          "mode"_a = "train", "rows"_a = 32);
}

}  // namespace bardana::bindings
