// NumPy arrays as the engine sees them: read in place, or made for results. No silent conversions.
#pragma once

#include <pybind11/numpy.h>

#include "backend/source.h"
#include "common/shape.h"
#include "model/variables.h"

namespace bardana::bindings {

namespace py = pybind11;

/// The array in place; std::invalid_argument for a layout, py::type_error for an element type the engine cannot read.
/// None gives an absent source. The caller keeps the array.
Source source_of(py::handle array, const char* argument);

/// Whether it is an ndarray, not of a subclass, that source_of accepts.
bool is_plain(py::handle object);
/// For a plain array: its element type, and whether the axes behind the first are those of a tuple of integers.
ElementType element_type_of(py::handle array);
bool has_rows_of(py::handle array, py::handle row_shape);

/// An uninitialised array of any type that the engine reads.
py::array new_array(ElementType type, const Shape& shape);
/// An uninitialised float32 or float64 array, and one with an axis of rows in front.
py::array new_array(DType dtype, const Shape& shape);
py::array new_rows(DType dtype, int64_t rows, Axes row_shape);

/// The memory of an array that a user wants filled, the argument `out`; std::invalid_argument or py::type_error unless
/// it is a writeable C-contiguous array of this type and shape.
void* output_of(py::handle array, DType dtype, int64_t rows, Axes row_shape);

/// std::invalid_argument where the C-contiguous arrays `x` and `out` share memory.
void check_apart(py::handle x, py::handle out);

/// float32 → DType::float32, float64 → DType::float64; py::type_error otherwise.
DType float_dtype(const py::array& array, const char* argument);

/// The value as an array of a variable's type and shape, C-contiguous; std::invalid_argument for another shape.
py::array converted(const Variables& variables, int id, const py::object& value);

Shape shape_of(const py::array& array);
py::tuple to_tuple(const Shape& shape);

}  // namespace bardana::bindings
