// Methods and functions that are called once per step: bound as CPython's vectorcalls. pybind11's dispatch, which tries
// overloads and converts through casters, costs as much as a small step itself, and allocates.
#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <optional>
#include <span>

#include "train/model.h"

namespace bardana::bindings {

namespace py = pybind11;

/// What Python passes to METH_FASTCALL | METH_KEYWORDS; borrowed references that the caller keeps for the whole call.
struct RawCall {
  PyObject* const* arguments;
  Py_ssize_t positional;
  PyObject* keywords;  // tuple of names, whose values follow the positional arguments, or null
};

/// Name of a function and of its arguments, of which the first `required` must be given.
struct Signature {
  const char* function;
  std::span<const char* const> arguments;
  size_t required;
};

/// The arguments of one call by their place in the signature.
class Arguments {
 public:
  /// py::type_error unless they fit the signature.
  Arguments(const Signature& signature, const RawCall& call);

  /// None where it was not given.
  py::handle operator[](size_t place) const { return values_[place]; }
  std::optional<int64_t> integer(size_t place) const;
  uint64_t natural(size_t place) const;  // 0 for None
  bool flag(size_t place) const;

 private:
  static constexpr size_t kMost = 10;
  std::array<py::handle, kMost> values_;
};

/// Sets Python's error from the C++ exception that is being handled.
void set_python_error();

/// A function of _core as CPython calls it: `body(arguments)`.
template <const Signature& signature, py::object (*body)(const Arguments&)>
PyObject* function(PyObject*, PyObject* const* arguments, Py_ssize_t positional, PyObject* keywords) {
  try {
    return body(Arguments(signature, {arguments, positional, keywords})).release().ptr();
  } catch (const std::exception&) {
    set_python_error();
    return nullptr;
  }
}

/// A method of _core.Model: `body(model, arguments)`.
template <const Signature& signature, py::object (*body)(Model&, const Arguments&)>
PyObject* method(PyObject* self, PyObject* const* arguments, Py_ssize_t positional, PyObject* keywords) {
  try {
    auto& model = py::handle(self).cast<Model&>();
    return body(model, Arguments(signature, {arguments, positional, keywords})).release().ptr();
  } catch (const std::exception&) {
    set_python_error();
    return nullptr;
  }
}

using Entry = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);

/// Python keeps pointers to what these are given; all of it has to be static.
void add_function(py::module_& module, PyMethodDef& definition, const Signature& signature, Entry entry);
void add_method(py::handle type, PyMethodDef& definition, const Signature& signature, Entry entry);

}  // namespace bardana::bindings
