// What a device must offer. Coarse on purpose: a backend sees whole plans and may optimise each as it likes.
#pragma once

#include <memory>

#include "backend/source.h"
#include "common/threads.h"
#include "model/variables.h"
#include "plan/plan.h"

namespace bardana {

/// Everything about one step that is not in the plan.
struct StepInput {
  int64_t rows = 0;
  const int64_t* order = nullptr;  // numbers of the rows to visit, or null for all in their own order
  int64_t first = 0;               // the batch is order[first … first + rows]
  int64_t visited = 0;             // length of the order, where more batches follow; 0: nothing is known of them
  const Source* x = nullptr;
  const Source* y = nullptr;
  const Source* weight = nullptr;
  double learning_rate = 0.0;
  int64_t step = 1;  // of the optimizer, counted from 1
  // Dropout masks are drawn by (call, row of the call): call numbers training steps, or predictions in training mode,
  // of which this step may be a part.
  uint64_t call = 0;
  int64_t first_of_call = 0;
  void* output = nullptr;    // Emit: where row `first` goes
  double* totals = nullptr;  // [loss, weight, state of metric 1 (mostly sum, weight), …]
};

/// A plan bound to kernels, variables and a workspace of its own. One team at a time.
class Executable {
 public:
  virtual ~Executable() = default;
  virtual void run(const StepInput& input, Team& team) = 0;
  /// Threads that pay in a call which takes total_rows in steps of `rows`. Results do not depend on the number.
  virtual int useful_threads(int64_t rows, int64_t total_rows) const = 0;
  /// Whether `run` may throw what the host threw. Weights are then as they were, unless the host changed them.
  virtual bool calls_host() const = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;
  /// `plan` and `variables` must outlive the executable; slots must have been made for the plan's optimizer.
  virtual std::unique_ptr<Executable> prepare(const Plan& plan, Variables& variables) = 0;
};

/// The built-in backend, on the ISA chosen for this process.
Backend& cpu_backend();

}  // namespace bardana
