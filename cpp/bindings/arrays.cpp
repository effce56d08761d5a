#include "bindings/arrays.h"

#include <array>
#include <bit>
#include <optional>

namespace bardana::bindings {
namespace {

constexpr char kForeignOrder = std::endian::native == std::endian::little ? '>' : '<';

ElementType of_size(int64_t bytes, ElementType one, ElementType two, ElementType four, ElementType eight) {
  return bytes == 1 ? one : bytes == 2 ? two : bytes == 4 ? four : eight;
}

/// Nothing for types the engine does not read. Types of extensions have numbers beyond NumPy's own.
std::optional<ElementType> element_type(const py::dtype& dtype) {
  constexpr int kHalf = 23, kLongDouble = 13;
  if (dtype.num() >= kLongDouble && dtype.num() != kHalf) return std::nullopt;
  if (dtype.byteorder() == kForeignOrder) return std::nullopt;
  using enum ElementType;
  switch (dtype.kind()) {
    case 'b': return boolean;
    case 'i': return of_size(dtype.itemsize(), int8, int16, int32, int64);
    case 'u': return of_size(dtype.itemsize(), uint8, uint16, uint32, uint64);
    default: return of_size(dtype.itemsize(), float16, float16, float32, float64);
  }
}

std::string name_of(const py::dtype& dtype) { return py::str(static_cast<py::object>(dtype)).cast<std::string>(); }

bool is_contiguous(const py::array& array) { return (array.flags() & py::array::c_style) != 0; }

bool is_aligned(const py::array& array) { return (array.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_) != 0; }

Axes axes_of(const py::array& array) {
  static_assert(sizeof(py::ssize_t) == sizeof(int64_t));
  return {reinterpret_cast<const int64_t*>(array.shape()), static_cast<size_t>(array.ndim())};
}

py::array as_array(py::handle object, const char* argument) {
  if (!py::isinstance<py::array>(object)) {
    throw py::type_error(
        concat(argument, ": expected a NumPy array, received ", py::str(py::type::of(object)).cast<std::string>()));
  }
  return py::reinterpret_borrow<py::array>(object);
}

}  // namespace

Source source_of(py::handle object, const char* argument) {
  Source source;
  if (object.is_none()) return source;
  const py::array array = as_array(object, argument);
  if (array.ndim() == 0) fail(argument, ": expected an array of rows, received a single number");
  if (!is_contiguous(array)) fail(argument, ": expected a C-contiguous array");
  if (!is_aligned(array)) fail(argument, ": expected an aligned array, received one that is not");
  const std::optional<ElementType> type = element_type(array.dtype());
  if (!type) {
    throw py::type_error(concat(argument,
                                ": expected numbers of a bool, integer or float16/32/64 type, received dtype ",
                                name_of(array.dtype())));
  }
  source.type = *type;
  source.data = array.data();
  source.rows = array.shape(0);
  source.row_shape = RowShape(axes_of(array).subspan(1));
  source.row_elements = size_of(source.row_shape);
  if (source.rows == 0) fail(argument, ": expected at least one row, received an empty array");
  return source;
}

bool is_plain(py::handle object) {
  if (Py_TYPE(object.ptr()) != py::detail::npy_api::get().PyArray_Type_) return false;
  const auto array = py::reinterpret_borrow<py::array>(object);
  return array.ndim() > 0 && array.size() > 0 && is_contiguous(array) && is_aligned(array) &&
         element_type(array.dtype()).has_value();
}

ElementType element_type_of(py::handle array) {
  return element_type(py::reinterpret_borrow<py::array>(array).dtype()).value();
}

bool has_rows_of(py::handle array, py::handle row_shape) {
  const Axes axes = axes_of(py::reinterpret_borrow<py::array>(array)).subspan(1);
  const auto expected = py::reinterpret_borrow<py::tuple>(row_shape);
  if (expected.size() != axes.size()) return false;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (PyLong_AsLongLong(PyTuple_GET_ITEM(expected.ptr(), static_cast<Py_ssize_t>(i))) != axes[i]) return false;
  }
  return true;
}

py::array new_array(ElementType type, const Shape& shape) {
  constexpr std::array kNames = {"bool",   "int8",  "uint8",  "int16",   "uint16",  "int32",
                                 "uint32", "int64", "uint64", "float16", "float32", "float64"};
  static_assert(kNames.size() == kElementTypes);
  return py::array(py::dtype(kNames[static_cast<size_t>(type)]), shape);
}

py::array new_array(DType dtype, const Shape& shape) {
  if (dtype == DType::float32) return py::array_t<float>(shape);
  return py::array_t<double>(shape);
}

py::array new_rows(DType dtype, int64_t rows, Axes row_shape) {
  Shape shape = {rows};
  shape.insert(shape.end(), row_shape.begin(), row_shape.end());
  return new_array(dtype, shape);
}

void* output_of(py::handle object, DType dtype, int64_t rows, Axes row_shape) {
  py::array array = as_array(object, "out");
  const auto expected = dtype == DType::float32 ? ElementType::float32 : ElementType::float64;
  if (element_type(array.dtype()) != expected) {
    throw py::type_error(
        concat("out: expected an array of dtype ", bardana::name_of(dtype), ", received ", name_of(array.dtype())));
  }
  const Axes axes = axes_of(array);
  if (axes.empty() || axes[0] != rows || !equal(axes.subspan(1), row_shape)) {
    Shape shape = {rows};
    shape.insert(shape.end(), row_shape.begin(), row_shape.end());
    fail("out: expected shape ", to_string(shape), ", received ", to_string(axes));
  }
  if (!is_contiguous(array)) fail("out: expected a C-contiguous array, received one with gaps or in another order");
  if (!is_aligned(array)) fail("out: expected an aligned array, received one that is not");
  if (!array.writeable()) fail("out: expected a writeable array, received a read-only one");
  return array.mutable_data();
}

void check_apart(py::handle x, py::handle out) {
  const auto first = py::reinterpret_borrow<py::array>(x), second = py::reinterpret_borrow<py::array>(out);
  const auto begin = [](const py::array& a) { return reinterpret_cast<uintptr_t>(a.data()); };
  const auto end = [&](const py::array& a) { return begin(a) + static_cast<uintptr_t>(a.nbytes()); };
  if (begin(first) < end(second) && begin(second) < end(first)) {
    fail("out: expected an array that shares no memory with x, received one that overlaps it");
  }
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

py::array converted(const Variables& variables, int id, const py::object& value) {
  const VariableSpec& spec = variables.spec(id);
  const auto convert = [&]() -> py::array {
    constexpr int kFlags = py::array::c_style | py::array::forcecast;
    if (variables.dtype() == DType::float32) return py::array_t<float, kFlags>::ensure(value);
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

}  // namespace bardana::bindings
