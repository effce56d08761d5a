#include "bindings/host_calls.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "bindings/arrays.h"
#include "bindings/gil.h"

namespace bardana::bindings {

PythonHooks::PythonHooks(py::object batch_begin, py::object batch_end, py::object progress)
    : batch_begin_(std::move(batch_begin)),
      batch_end_(std::move(batch_end)),
      progress_(std::move(progress)),
      wants_batches_(!batch_begin_.is_none() || !batch_end_.is_none()) {}

void PythonHooks::expect_outputs(DType dtype, Shape row_shape, int64_t batches_a_step) {
  dtype_ = dtype;
  row_shape_ = std::move(row_shape);
  batches_a_step_ = batches_a_step;
}

void PythonHooks::batch_begin(int64_t step) {
  const WithGil gil;
  if (!batch_begin_.is_none()) batch_begin_(step);
}

void PythonHooks::batch_end(int64_t step, const Totals& totals) {
  const WithGil gil;
  if (!batch_end_.is_none()) batch_end_(step, totals_list(totals));
}

void PythonHooks::batch_end(int64_t step, const void* output, int64_t rows) {
  const WithGil gil;
  if (batch_end_.is_none()) return;
  py::array array = new_rows(dtype_, rows, row_shape_);
  std::memcpy(array.mutable_data(), output, static_cast<size_t>(array.nbytes()));
  batch_end_(step, array);
}

bool PythonHooks::wants_poll() const {
  const bool main_thread = syscall(SYS_gettid) == getpid();  // the only one on which Python handles signals
  return main_thread || !progress_.is_none();
}

void PythonHooks::poll(int64_t steps_done, const Totals& totals) {
  const WithGil gil;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  skip_progress_ = !skip_progress_;
  if (skip_progress_ || progress_.is_none()) return;
  if (batches_a_step_ > 0) {
    progress_(steps_done * batches_a_step_);
  } else {
    progress_(steps_done, totals_list(totals));
  }
}

PythonLearningRate::~PythonLearningRate() {
  const WithGil gil;
  function_ = py::object();
}

double PythonLearningRate::at(int64_t iterations) {
  const WithGil gil;
  return function_(iterations).cast<double>();
}

PythonHost::~PythonHost() {
  const WithGil gil;
  function_ = py::object();
}

namespace {

/// A copy: layers keep their inputs for the backward pass, and users keep what they please.
py::object copy_of(const HostArray& from) {
  if (from.data == nullptr) return py::none();
  py::array array = new_array(from.type, from.shape);
  from.read(array.mutable_data());
  return array;
}

void fill(const HostArray& output, const py::handle& result, const std::string& name) {
  if (output.data == nullptr) return;
  const auto array = py::cast<py::array>(result);
  const bool fits = equal(shape_of(array), output.shape) && array.nbytes() == output.runs * output.run_bytes &&
                    (array.flags() & py::array::c_style) != 0;
  if (!fits) {
    fail(name, ": expected an array of shape ", to_string(output.shape), ", received ", to_string(shape_of(array)));
  }
  output.write(array.data());
}

}  // namespace

void PythonHost::call(const HostStep& step, const std::vector<HostArray>& inputs,
                      const std::vector<HostArray>& outputs) {
  const WithGil gil;
  py::tuple arguments(inputs.size() + 1);
  py::tuple wanted(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) wanted[i] = outputs[i].data != nullptr;
  arguments[0] = py::make_tuple(step.training, step.learning_rate, wanted);
  for (size_t i = 0; i < inputs.size(); ++i) arguments[i + 1] = copy_of(inputs[i]);
  const auto results = py::cast<py::tuple>(function_(*arguments));
  if (results.size() != outputs.size())
    fail(name_, ": expected ", outputs.size(), " results, received ", results.size());
  for (size_t i = 0; i < outputs.size(); ++i) fill(outputs[i], results[i], name_);
}

namespace {

py::list states_list(const Totals& totals) {
  py::list list;
  const double* state = totals.numbers.data();
  for (const int64_t size : totals.sizes) {
    if (size == 2) {
      list.append(py::make_tuple(state[0], state[1]));
    } else {
      list.append(py::array_t<double>(static_cast<py::ssize_t>(size), state));
    }
    state += size;
  }
  return list;
}

}  // namespace

py::list totals_list(const Totals& totals) {
  const std::vector<double>& numbers = totals.numbers;
  if (!totals.sizes.empty()) return states_list(totals);
  py::list list(numbers.size() / 2);
  for (size_t i = 0; i < list.size(); ++i) list[i] = py::make_tuple(numbers[2 * i], numbers[2 * i + 1]);
  return list;
}

}  // namespace bardana::bindings
