// A plan bound to CPU kernels and a workspace: a list of steps that a team of threads walks side by side.
#pragma once

#include "cpu/binding.h"

namespace bardana::cpu {

template <class T>
class CpuExecutable : public Executable {
 public:
  CpuExecutable(const Plan& plan, Variables& variables, const Kernels<T>& kernels);
  void run(const StepInput& input, Team& team) override;
  int useful_threads(int64_t rows, int64_t total_rows) const override;

 private:
  Binding<T> binding_;
  Steps steps_;
  double ns_a_row_ = 0.0, ns_a_step_ = 0.0;  // estimates for one thread
};

}  // namespace bardana::cpu
