// Hooks and parts of plans that call Python: the only place that takes the GIL back while the engine runs.
#pragma once

#include <pybind11/pybind11.h>

#include "common/shape.h"
#include "model/host.h"
#include "train/hooks.h"
#include "train/learning_rate.h"

namespace bardana::bindings {

namespace py = pybind11;

/// Callables may be None. Made and destroyed with the GIL held, called without it.
class PythonHooks : public Hooks {
 public:
  PythonHooks(py::object batch_begin, py::object batch_end, py::object progress);

  /// predict: batch ends receive the outputs as arrays of this type and row shape, progress the number of the caller's
  /// batches that are done, of which the engine takes `batches_a_step` at once.
  void expect_outputs(DType dtype, Shape row_shape, int64_t batches_a_step);

  /// Whether there are any callables.
  bool call_python() const { return wants_batches_ || !progress_.is_none(); }
  bool wants_batches() const override { return wants_batches_; }
  void batch_begin(int64_t step) override;
  void batch_end(int64_t step, const Totals& totals) override;
  void batch_end(int64_t step, const void* output, int64_t rows) override;
  bool wants_poll() const override;
  /// Runs Python's signal handlers (Ctrl-C raises KeyboardInterrupt) and, about ten times a second, progress.
  void poll(int64_t steps_done, const Totals& totals) override;

 private:
  py::object batch_begin_, batch_end_, progress_;
  bool wants_batches_;
  bool skip_progress_ = false;
  DType dtype_ = DType::float32;
  Shape row_shape_;
  int64_t batches_a_step_ = 0;  // 0: not predicting
};

/// A function of the number of steps taken, called before each step.
class PythonLearningRate : public LearningRate {
 public:
  explicit PythonLearningRate(py::object function) : function_(std::move(function)) {}
  ~PythonLearningRate() override;
  double at(int64_t iterations) override;
  bool calls_host() const override { return true; }

 private:
  py::object function_;
};

/// Calls function((training, learning_rate, wanted), *inputs) with arrays of its own, None for an input that is absent;
/// wanted: for each output whether it is there. What it returns, a tuple of C-contiguous arrays of exactly the type and
/// shape of the outputs, goes to those that are.
class PythonHost : public Host {
 public:
  PythonHost(std::string name, py::object function) : name_(std::move(name)), function_(std::move(function)) {}
  ~PythonHost() override;
  void call(const HostStep& step, const std::vector<HostArray>& inputs, const std::vector<HostArray>& outputs) override;
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  py::object function_;
};

/// Totals as a list of pairs (sum, weight), and arrays in place of larger states.
py::list totals_list(const Totals& totals);

}  // namespace bardana::bindings
