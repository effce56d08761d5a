#pragma once

#include <pybind11/pybind11.h>

namespace bardana::bindings {

/// Before bind_model.
void bind_optimizers(pybind11::module_& module);
void bind_model(pybind11::module_& module);
/// After bind_model.
void bind_slots(pybind11::module_& module);
/// After bind_model.
void bind_runs(pybind11::module_& module);
void bind_feeds(pybind11::module_& module);
void bind_kernels(pybind11::module_& module);
void bind_weights(pybind11::module_& module);
void bind_perceptron(pybind11::module_& module);

}  // namespace bardana::bindings
