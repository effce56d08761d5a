// NumPy arrays as the engine sees them: read in place, or made for results. No silent conversions.
#pragma once

#include <pybind11/numpy.h>

#include "backend/source.h"
#include "common/shape.h"

namespace bardana::bindings {

namespace py = pybind11;

/// The array in place; std::invalid_argument for a layout, py::type_error for an element type the engine cannot read.
/// None gives an absent source.
Source source_of(const py::object& array, const char* argument);

/// An uninitialised float32 or float64 array.
py::array new_array(DType dtype, const Shape& shape);

/// float32 → DType::float32, float64 → DType::float64; py::type_error otherwise.
DType float_dtype(const py::array& array, const char* argument);

Shape shape_of(const py::array& array);
py::tuple to_tuple(const Shape& shape);

}  // namespace bardana::bindings
