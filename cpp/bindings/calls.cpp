#include "bindings/calls.h"

#include <new>

#include "common/check.h"

namespace bardana::bindings {
namespace {

/// The place of a keyword; py::type_error if there is none, or the argument was given already.
size_t place_of(const Signature& signature, PyObject* keyword, size_t positional) {
  const size_t count = signature.arguments.size();
  for (size_t place = 0; place < count; ++place) {
    if (PyUnicode_CompareWithASCIIString(keyword, signature.arguments[place]) != 0) continue;
    if (place >= positional) return place;
    throw py::type_error(concat(signature.function, ": received ", signature.arguments[place], " twice"));
  }
  throw py::type_error(
      concat(signature.function, ": received an unexpected argument '", py::handle(keyword).cast<std::string>(), "'"));
}

void define(PyMethodDef& definition, const Signature& signature, Entry entry) {
  definition = {signature.function, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(entry)),
                METH_FASTCALL | METH_KEYWORDS, nullptr};
}

}  // namespace

Arguments::Arguments(const Signature& signature, const RawCall& call) {
  const size_t count = signature.arguments.size();
  const auto positional = static_cast<size_t>(call.positional);
  if (positional > count) {
    throw py::type_error(concat(signature.function, ": expected at most ", count, " arguments, received ", positional));
  }
  for (size_t i = 0; i < positional; ++i) values_[i] = call.arguments[i];
  const Py_ssize_t named = call.keywords == nullptr ? 0 : PyTuple_GET_SIZE(call.keywords);
  for (Py_ssize_t i = 0; i < named; ++i) {
    const size_t place = place_of(signature, PyTuple_GET_ITEM(call.keywords, i), positional);
    values_[place] = call.arguments[call.positional + i];
  }
  for (size_t i = positional; i < count; ++i) {
    if (values_[i]) continue;
    if (i < signature.required) {
      throw py::type_error(concat(signature.function, ": expected the argument ", signature.arguments[i]));
    }
    values_[i] = Py_None;
  }
}

std::optional<int64_t> Arguments::integer(size_t place) const {
  if (values_[place].is_none()) return std::nullopt;
  return values_[place].cast<int64_t>();
}

uint64_t Arguments::natural(size_t place) const {
  return values_[place].is_none() ? 0 : values_[place].cast<uint64_t>();
}

bool Arguments::flag(size_t place) const { return !values_[place].is_none() && values_[place].cast<bool>(); }

void set_python_error() {
  try {
    throw;
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const py::builtin_exception& error) {
    error.set_error();
  } catch (const std::bad_alloc& error) {
    PyErr_SetString(PyExc_MemoryError, error.what());
  } catch (const std::logic_error& error) {
    const bool mistake = dynamic_cast<const std::invalid_argument*>(&error) != nullptr;
    PyErr_SetString(mistake ? PyExc_ValueError : PyExc_RuntimeError, error.what());
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
}

void add_function(py::module_& module, PyMethodDef& definition, const Signature& signature, Entry entry) {
  define(definition, signature, entry);
  PyObject* function = PyCFunction_NewEx(&definition, nullptr, module.attr("__name__").ptr());
  if (function == nullptr) throw py::error_already_set();
  module.attr(signature.function) = py::reinterpret_steal<py::object>(function);
}

void add_method(py::handle type, PyMethodDef& definition, const Signature& signature, Entry entry) {
  define(definition, signature, entry);
  PyObject* method = PyDescr_NewMethod(reinterpret_cast<PyTypeObject*>(type.ptr()), &definition);
  if (method == nullptr) throw py::error_already_set();
  type.attr(signature.function) = py::reinterpret_steal<py::object>(method);
}

}  // namespace bardana::bindings
