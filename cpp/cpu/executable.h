// Binds a plan to CPU kernels and a workspace: every op becomes one step, a function that knows its pointers.
#pragma once

#include <functional>
#include <vector>

#include "backend/backend.h"
#include "cpu/isa.h"

namespace bardana::cpu {

template <class T>
class CpuExecutable : public Executable {
 public:
  CpuExecutable(const Plan& plan, Variables& variables, const Kernels<T>& kernels);
  void run(const StepInput& input) override;

 private:
  using Step = std::function<void(const StepInput&)>;

  Step bind(const GatherInput& op);
  Step bind(const GatherTarget& op);
  Step bind(const GatherWeight& op);
  Step bind(const Repack& op);
  Step bind(const Affine& op);
  Step bind(const Activate& op);
  Step bind(const ActivateBackward& op);
  Step bind(const Softmax& op);
  Step bind(const SoftmaxBackward& op);
  Step bind(const Dropout& op);
  Step bind(const Loss& op);
  Step bind(const Metric& op);
  Step bind(const BackWeights& op);
  Step bind(const BackInput& op);
  Step bind(const Update& op);
  Step bind(const Emit& op);

  const Tensor& tensor(TensorId id) const { return plan_.tensor(id); }
  T* at(TensorId id) { return id == kNone ? nullptr : reinterpret_cast<T*>(workspace_.data() + tensor(id).offset); }
  T* param(VariableId id) {
    return id == kNone ? nullptr : variables_.params().template as<T>() + variables_.offset(id);
  }
  T* grad(VariableId id) { return id == kNone ? nullptr : variables_.grads().template as<T>() + variables_.offset(id); }
  int64_t columns_of(VariableId id) const { return variables_.spec(id).shape[1]; }
  LossArgs<T> loss_args(TensorId pred, TensorId target, TensorId values, int formula, const double* parameters);

  const Plan& plan_;
  Variables& variables_;
  const Kernels<T>& kernels_;
  Memory workspace_;
  std::vector<Step> steps_;
};

}  // namespace bardana::cpu
