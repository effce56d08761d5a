// The perceptron's training on NumPy arrays; what it means stands in classic/perceptron.h.
#include "classic/perceptron.h"

#include <limits>

#include "bindings/arrays.h"
#include "bindings/bind.h"
#include "bindings/gil.h"
#include "common/check.h"

namespace bardana::bindings {
namespace {

template <class T>
using Exact = py::array_t<T, py::array::c_style>;

template <class T>
const T* vector_of(const py::array& array, int64_t size, const char* name) {
  if (!py::isinstance<Exact<T>>(array)) throw py::type_error(concat(name, ": expected a C-contiguous array like x"));
  if (array.ndim() != 1 || array.shape(0) != size) fail(name, ": expected ", size, " numbers");
  return static_cast<const T*>(array.data());
}

PerceptronRule rule_of(const py::dict& options) {
  PerceptronRule rule;
  rule.max_epochs = options["max_epochs"].cast<int64_t>();
  rule.tolerance =
      options["tolerance"].is_none() ? -std::numeric_limits<double>::infinity() : options["tolerance"].cast<double>();
  rule.patience = options["patience"].cast<int64_t>();
  rule.stop_when_separated = options["stop_when_separated"].cast<bool>();
  rule.fit_intercept = options["fit_intercept"].cast<bool>();
  rule.shuffle = options["shuffle"].cast<bool>();
  rule.seed = options["seed"].cast<uint32_t>();
  rule.rate = options["rate"].cast<double>();
  rule.positive_weight = options["positive_weight"].cast<double>();
  rule.negative_weight = options["negative_weight"].cast<double>();
  return rule;
}

void raise_interrupts() {
  const WithGil gil;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

template <class T>
py::tuple train(const py::array& x, const py::array& labels, const py::array& weights, py::array& w, double intercept,
                const py::dict& options) {
  const PerceptronRule rule = rule_of(options);
  const PerceptronRows<T> data{static_cast<const T*>(x.data()), vector_of<T>(labels, x.shape(0), "labels"),
                               vector_of<T>(weights, x.shape(0), "weights"), x.shape(0), x.shape(1)};
  vector_of<T>(w, x.shape(1), "w");
  auto* start = static_cast<T*>(w.mutable_data());
  PerceptronOutcome outcome;
  {
    const WithoutGil free;
    outcome = train_perceptron(data, rule, start, intercept, raise_interrupts);
  }
  py::array_t<int64_t> mistakes(static_cast<py::ssize_t>(outcome.mistakes.size()), outcome.mistakes.data());
  return py::make_tuple(intercept, mistakes, outcome.separated, outcome.returned, outcome.finite);
}

py::tuple train_any(const py::array& x, const py::array& labels, const py::array& weights, py::array& w,
                    double intercept, const py::dict& options) {
  if (x.ndim() != 2 || x.shape(0) < 1 || x.shape(1) < 1) fail("x: expected at least one row and one column");
  if (x.shape(0) > std::numeric_limits<int32_t>::max()) fail("x: expected fewer than 2^31 rows");
  if ((x.flags() & py::array::c_style) == 0) fail("x: expected a C-contiguous array");
  const auto run = float_dtype(x, "x") == DType::float32 ? train<float> : train<double>;
  return run(x, labels, weights, w, intercept, options);
}

}  // namespace

void bind_perceptron(py::module_& module) {
  using namespace py::literals;
  module.def("train_perceptron", &train_any, "x"_a, "labels"_a, "weights"_a, "w"_a, "intercept"_a, "options"_a);
}

}  // namespace bardana::bindings
