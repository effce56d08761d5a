// A plan bound to CPU kernels and a workspace: a list of steps that a team of threads walks side by side.
#pragma once

#include "cpu/binding.h"

namespace bardana::cpu {

/// Estimates that decide how many threads a call gets.
struct StepCost {
  double ns_a_row = 0.0, ns_a_step = 0.0;  // on one thread
  double elements_a_row = 0.0;             // written to the workspace
  double barriers = 0.0;
};

template <class T>
class CpuExecutable : public Executable {
 public:
  CpuExecutable(const Plan& plan, Variables& variables, const Kernels<T>& kernels);
  void run(const StepInput& input, Team& team) override;
  int useful_threads(int64_t rows, int64_t total_rows) const override;
  bool calls_host() const override { return calls_host_; }

 private:
  void run_fallible(const StepInput& input, Team& team);

  Binding<T> binding_;
  Steps steps_;
  StepCost cost_;
  bool calls_host_ = false;
};

}  // namespace bardana::cpu
