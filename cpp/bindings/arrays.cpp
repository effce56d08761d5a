#include "bindings/arrays.h"

namespace bardana::bindings {
namespace {

ElementType element_type(const py::dtype& dtype, const char* argument) {
  const auto of_size = [&](ElementType one, ElementType two, ElementType four, ElementType eight) {
    switch (dtype.itemsize()) {
      case 1: return one;
      case 2: return two;
      case 4: return four;
      default: return eight;
    }
  };
  switch (dtype.kind()) {
    case 'b': return ElementType::boolean;
    case 'i': return of_size(ElementType::int8, ElementType::int16, ElementType::int32, ElementType::int64);
    case 'u': return of_size(ElementType::uint8, ElementType::uint16, ElementType::uint32, ElementType::uint64);
    case 'f':
      if (dtype.itemsize() <= 8) {
        return of_size(ElementType::float16, ElementType::float16, ElementType::float32, ElementType::float64);
      }
      [[fallthrough]];
    default:
      throw py::type_error(concat(argument,
                                  ": expected numbers of a bool, integer or float16/32/64 type, received dtype ",
                                  py::str(static_cast<py::object>(dtype)).cast<std::string>()));
  }
}

}  // namespace

Source source_of(const py::object& object, const char* argument) {
  if (object.is_none()) return {};
  if (!py::isinstance<py::array>(object)) {
    throw py::type_error(
        concat(argument, ": expected a NumPy array, received ", py::str(py::type::of(object)).cast<std::string>()));
  }
  const auto array = py::reinterpret_borrow<py::array>(object);
  if (array.ndim() == 0) fail(argument, ": expected an array of rows, received a single number");
  if ((array.flags() & py::array::c_style) == 0) fail(argument, ": expected a C-contiguous array");
  Source source;
  source.type = element_type(array.dtype(), argument);
  source.data = array.data();
  source.rows = array.shape(0);
  source.row_shape.assign(array.shape() + 1, array.shape() + array.ndim());
  source.row_elements = size_of(source.row_shape);
  if (source.rows == 0) fail(argument, ": expected at least one row, received an empty array");
  return source;
}

py::array new_array(DType dtype, const Shape& shape) {
  if (dtype == DType::float32) return py::array_t<float>(shape);
  return py::array_t<double>(shape);
}

DType float_dtype(const py::array& array, const char* argument) {
  if (py::isinstance<py::array_t<float>>(array)) return DType::float32;
  if (py::isinstance<py::array_t<double>>(array)) return DType::float64;
  throw py::type_error(concat(argument, ": expected a float32 or float64 array, received dtype ",
                              py::str(static_cast<py::object>(array.dtype())).cast<std::string>()));
}

Shape shape_of(const py::array& array) { return Shape(array.shape(), array.shape() + array.ndim()); }

py::tuple to_tuple(const Shape& shape) {
  py::tuple tuple(shape.size());
  for (size_t i = 0; i < shape.size(); ++i) tuple[i] = shape[i];
  return tuple;
}

}  // namespace bardana::bindings
