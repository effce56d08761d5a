// _core.Optimizer, _core.Updater, schedules, and the slots of models and updaters.
#include <pybind11/stl.h>

#include "bindings/arrays.h"
#include "bindings/bind.h"
#include "bindings/gil.h"
#include "bindings/host_calls.h"
#include "bindings/spec_from_dict.h"
#include "train/model.h"
#include "train/updater.h"

namespace bardana::bindings {
namespace {

ScheduleSpec schedule_spec(const py::dict& dict) {
  ScheduleSpec spec{dict["name"].cast<std::string>(), number_map(dict["parameters"]), {}, {}};
  if (dict.contains("boundaries")) spec.boundaries = dict["boundaries"].cast<std::vector<double>>();
  if (dict.contains("values")) spec.values = dict["values"].cast<std::vector<double>>();
  return spec;
}

py::array copy_of(Variables& variables, const Memory& buffer, VariableId id) {
  py::array values = new_array(variables.dtype(), variables.spec(id).shape);
  variables.read(buffer, id, values.mutable_data());
  return values;
}

void check_slot(Variables& variables, int slot, int id) {
  if (slot < 0 || slot >= variables.slot_count() || id < 0 || id >= variables.count() ||
      !variables.spec(id).trainable) {
    throw py::index_error(concat("expected a slot below ", variables.slot_count(), " of a trainable variable below ",
                                 variables.count(), ", received slot ", slot, " of variable ", id));
  }
}

/// Arrays of every variable's type and shape, or None; their pointers stay valid as long as the arrays.
struct Gradients {
  Gradients(Variables& variables, const py::sequence& given) {
    if (static_cast<int>(given.size()) != variables.count()) {
      fail("expected ", variables.count(), " gradients, received ", given.size());
    }
    for (VariableId id = 0; id < variables.count(); ++id) {
      const py::object gradient = given[static_cast<size_t>(id)];
      pointers.push_back(nullptr);
      if (gradient.is_none()) continue;
      arrays.push_back(converted(variables, id, gradient));
      pointers.back() = arrays.back().data();
    }
  }

  std::vector<py::array> arrays;
  std::vector<const void*> pointers;
};

void apply(Model& model, const py::sequence& given) {
  const Gradients gradients(model.variables(), given);
  const WithoutGil release;
  model.apply(gradients.pointers);
}

py::array read_slot(Model& model, int slot, int id) {
  Variables& variables = model.variables();
  check_slot(variables, slot, id);
  py::array values = new_array(variables.dtype(), variables.spec(id).shape);
  void* data = values.mutable_data();
  const WithoutGil release;
  const std::shared_lock guard(model.weights_lock());
  variables.read(variables.slot(slot), id, data);
  return values;
}

void write_slot(Model& model, int slot, int id, const py::object& value) {
  Variables& variables = model.variables();
  check_slot(variables, slot, id);
  const py::array values = converted(variables, id, value);
  const void* data = values.data();
  const WithoutGil release;
  const std::lock_guard guard(model.weights_lock());
  variables.write(variables.slot(slot), id, data);
}

std::unique_ptr<Updater> make_updater(const std::string& dtype, const py::sequence& declared,
                                      const std::shared_ptr<OptimizerState>& optimizer, const py::object& rule) {
  std::vector<VariableSpec> specs;
  for (const py::handle& one : declared) {
    const auto dict = one.cast<py::dict>();
    VariableSpec spec{dict["name"].cast<std::string>(), {}, true};
    for (const py::handle& axis : dict["shape"].cast<py::sequence>()) spec.shape.push_back(axis.cast<int64_t>());
    if (!dict["options"].is_none()) spec.options = variable_options(dict["options"]);
    specs.push_back(std::move(spec));
  }
  return std::make_unique<Updater>(parse_dtype(dtype), std::move(specs), optimizer_spec(rule), optimizer);
}

/// One step from these values by these gradients; returns the new values.
py::list updater_apply(Updater& updater, const py::sequence& values, const py::sequence& given) {
  Variables& variables = updater.variables;
  const Gradients gradients(variables, given);
  for (VariableId id = 0; id < variables.count(); ++id) {
    const py::array value = converted(variables, id, values[static_cast<size_t>(id)]);
    variables.write(variables.params(), id, value.data());
  }
  apply_gradients(variables, updater.objectives, *updater.optimizer, gradients.pointers);
  py::list updated;
  for (VariableId id = 0; id < variables.count(); ++id) updated.append(copy_of(variables, variables.params(), id));
  return updated;
}

py::array updater_slot(Updater& updater, int slot, int id) {
  check_slot(updater.variables, slot, id);
  return copy_of(updater.variables, updater.variables.slot(slot), id);
}

void write_updater_slot(Updater& updater, int slot, int id, const py::object& value) {
  check_slot(updater.variables, slot, id);
  const py::array values = converted(updater.variables, id, value);
  updater.variables.write(updater.variables.slot(slot), id, values.data());
}

}  // namespace

void bind_optimizers(py::module_& module) {
  using namespace py::literals;
  module.def("schedule_names", &schedule_names);
  module.def(
      "schedule_value",
      [](const py::dict& schedule, int64_t step) { return make_schedule(schedule_spec(schedule))->at(step); },
      "schedule"_a, "step"_a);
  py::class_<OptimizerState, std::shared_ptr<OptimizerState>>(module, "Optimizer")
      .def(py::init<>())
      .def_property(
          "learning_rate", [](const OptimizerState& o) { return o.learning_rate.load(); },
          [](OptimizerState& o, double value) { o.learning_rate = value; })
      .def_property(
          "iterations", [](const OptimizerState& o) { return o.iterations.load(); },
          [](OptimizerState& o, int64_t value) { o.iterations = value; })
      .def("use_schedule",
           [](OptimizerState& o, const py::dict& schedule) { o.set_source(make_schedule(schedule_spec(schedule))); })
      .def("use_function", [](OptimizerState& o, py::object function) {
        o.set_source(std::make_unique<PythonLearningRate>(std::move(function)));
      });
}

void bind_slots(py::module_& module) {
  using namespace py::literals;
  auto model = py::reinterpret_borrow<py::class_<Model>>(module.attr("Model"));
  model.def("apply", &apply, "gradients"_a)
      .def("finish_averages",
           [](Model& m) {
             const WithoutGil release;
             m.finish_averages();
           })
      .def("read_slot", &read_slot, "slot"_a, "index"_a)
      .def("write_slot", &write_slot, "slot"_a, "index"_a, "value"_a);

  py::class_<Updater>(module, "Updater")
      .def(py::init(&make_updater), "dtype"_a, "variables"_a, "optimizer"_a, "rule"_a)
      .def("apply", &updater_apply, "values"_a, "gradients"_a)
      .def("read_slot", &updater_slot, "slot"_a, "index"_a)
      .def("write_slot", &write_updater_slot, "slot"_a, "index"_a, "value"_a);
}

}  // namespace bardana::bindings
