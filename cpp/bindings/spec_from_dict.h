// Python's dicts turned into plain data, before the GIL is released.
#pragma once

#include <pybind11/pybind11.h>

#include "model/spec.h"

namespace bardana::bindings {

namespace py = pybind11;

/// {"class_name": …, "config": {…}} and, for those that have any, "variables", "activity" and "host".
LayerSpec layer_spec(const py::handle& dict);
/// {"name": …, "parameters": {…}, "axes": list or None}.
ConstraintSpec constraint_spec(const py::handle& dict);
/// {"l1": …, "l2": …, "constraint": dict or None}.
VariableOptions variable_options(const py::handle& dict);
ModelSpec model_spec(const std::string& name, const std::string& dtype, const py::sequence& input_shape,
                     const py::sequence& layers);
/// {"function": …, "reduction": …, "from_logits": …, "factor": …, "weighted": …, parameters and lists …} or, in place
/// of the latter, "host" and its "state_size"; owner opens the messages.
ObjectiveSpec objective_spec(const py::handle& dict, const char* owner);
/// {"name": …, "hyperparameters": {…}, "options": {…}}, the latter as UpdateOptions has them; perhaps with "host".
OptimizerSpec optimizer_spec(const py::handle& dict);
std::map<std::string, double> number_map(const py::handle& dict);
Shape shape_from(const py::sequence& axes);

}  // namespace bardana::bindings
