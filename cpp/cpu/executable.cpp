#include "cpu/executable.h"

#include <algorithm>

#include "cpu/float_environment.h"
#include "plan/registry.h"

namespace bardana::cpu {
namespace {

/// What an op costs on one thread, roughly: multiply-adds at 100 GF/s, other elements at 1 ns per 8.
struct Cost {
  double ns_a_row = 0.0, ns_a_step = 0.0;
};

Cost cost_of(const Plan& plan, const Variables& variables, const Op& op) {
  constexpr double kNsAMultiplyAdd = 0.02, kNsAnElement = 0.125;
  const auto product = [&](TensorId x, TensorId y) {
    return static_cast<double>(plan.tensor(x).outer * plan.tensor(x).last * plan.tensor(y).last) * kNsAMultiplyAdd;
  };
  if (const auto* affine = std::get_if<Affine>(&op)) return {product(affine->x, affine->y), 0.0};
  if (const auto* back = std::get_if<BackWeights>(&op)) return {product(back->x, back->dy), 0.0};
  if (const auto* back = std::get_if<BackInput>(&op)) return {product(back->dx, back->dy), 0.0};
  if (std::holds_alternative<Update>(op)) {
    return {0.0, static_cast<double>(variables.trainable_elements()) * 2.0 * kNsAnElement};
  }
  Cost cost;
  std::visit(
      [&](const auto& any) {
        any.operands([&](const char*, TensorId id, bool writes) {
          if (id == kNone || !writes) return;
          cost.ns_a_row += static_cast<double>(plan.tensor(id).row_size()) * kNsAnElement;
        });
      },
      op);
  return cost;
}

}  // namespace

template <class T>
CpuExecutable<T>::CpuExecutable(const Plan& plan, Variables& variables, const Kernels<T>& kernels)
    : binding_(plan, variables, kernels) {
  for (const Op& op : plan.ops) {
    std::visit([this](const auto& o) { bind(binding_, o, steps_); }, op);
    const Cost cost = cost_of(plan, variables, op);
    ns_a_row_ += cost.ns_a_row, ns_a_step_ += cost.ns_a_step;
  }
  place_barriers(steps_);
  binding_.prepare_scratch(1);
}

template <class T>
int CpuExecutable<T>::useful_threads(int64_t rows, int64_t total_rows) const {
  // A barrier costs 0.2 to 0.4 µs and a step has about ten; a sleeping worker needs 50 µs to come.
  constexpr double kNsAThread = 12e3, kNsACall = 150e3;
  const double step = ns_a_row_ * static_cast<double>(rows) + ns_a_step_;
  const double call = step * static_cast<double>((total_rows + rows - 1) / rows);
  if (call < kNsACall) return 1;
  return static_cast<int>(std::clamp(step / kNsAThread, 1.0, static_cast<double>(kMaxThreads)));
}

template <class T>
void CpuExecutable<T>::run(const StepInput& input, Team& team) {
  if (team.size() == 1) {
    const FloatEnvironment standard;
    for (const BoundStep& step : steps_) step.run(input, {});
    return;
  }
  binding_.prepare_scratch(team.size());
  team.run([&](Share share) {
    const FloatEnvironment standard;
    for (const BoundStep& step : steps_) {
      if (step.barrier) team.barrier();
      if (!step.alone) {
        step.run(input, share);
      } else if (share.rank == 0) {
        step.run(input, {});
      }
    }
  });
}

template class CpuExecutable<float>;
template class CpuExecutable<double>;

}  // namespace bardana::cpu
