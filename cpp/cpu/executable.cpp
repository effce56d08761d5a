#include "cpu/executable.h"

#include <algorithm>
#include <atomic>
#include <exception>

#include "cpu/float_environment.h"
#include "plan/registry.h"

namespace bardana::cpu {
namespace {

constexpr double kNsAMultiplyAdd = 0.02, kNsAnElement = 0.125;  // 100 GF/s; 8 elements a nanosecond
constexpr double kNsAnExchange = 0.5;                           // an element that another core has written
constexpr double kNsABarrier = 150.0;                           // for every member
constexpr double kNsACall = 150e3;                              // shorter calls do not wake a worker, which takes 50 µs

/// Adds the op to what a step costs on one thread, roughly.
void add_cost(StepCost& cost, const Plan& plan, const Variables& variables, const Op& op) {
  const auto product = [&](TensorId x, TensorId y) {
    return static_cast<double>(plan.tensor(x).outer * plan.tensor(x).last * plan.tensor(y).last) * kNsAMultiplyAdd;
  };
  double written = 0.0;
  std::visit(
      [&](const auto& any) {
        any.operands([&](const char*, TensorId id, bool writes) {
          const bool rows = id != kNone && plan.tensor(id).kind != Tensor::Kind::columns;
          if (rows && writes) written += static_cast<double>(plan.tensor(id).row_size());
        });
      },
      op);
  cost.elements_a_row += written;
  if (const auto* affine = std::get_if<Affine>(&op)) {
    cost.ns_a_row += product(affine->x, affine->y);
  } else if (const auto* back = std::get_if<BackWeights>(&op)) {
    cost.ns_a_row += product(back->x, back->dy);
  } else if (const auto* input = std::get_if<BackInput>(&op)) {
    cost.ns_a_row += product(input->dx, input->dy);
  } else if (const auto* rows = std::get_if<EmbedBackward>(&op)) {
    const double table = rows->updates ? 0.0 : static_cast<double>(size_of(variables.spec(rows->w).shape));
    cost.ns_a_row += static_cast<double>(plan.tensor(rows->dy).row_size()) * kNsAnElement;
    cost.ns_a_step += table * kNsAnElement;
  } else if (std::holds_alternative<Update>(op) || std::holds_alternative<Penalize>(op) ||
             std::holds_alternative<Constrain>(op)) {
    cost.ns_a_step += static_cast<double>(variables.trainable_elements()) * 2.0 * kNsAnElement;
  } else {
    cost.ns_a_row += written * kNsAnElement;
  }
}

}  // namespace

template <class T>
CpuExecutable<T>::CpuExecutable(const Plan& plan, Variables& variables, const Kernels<T>& kernels)
    : binding_(plan, variables, kernels) {
  for (const Op& op : plan.ops) {
    std::visit([this](const auto& o) { bind(binding_, o, steps_); }, op);
    add_cost(cost_, plan, variables, op);
  }
  place_barriers(steps_);
  calls_host_ = std::ranges::any_of(steps_, &BoundStep::may_fail);
  cost_.barriers = static_cast<double>(std::ranges::count_if(steps_, &BoundStep::barrier)) + 2.0;
  binding_.prepare_scratch(1);
}

template <class T>
int CpuExecutable<T>::useful_threads(int64_t rows, int64_t total_rows) const {
  const auto rows_a_step = static_cast<double>(rows);
  const double alone = cost_.ns_a_row * rows_a_step + cost_.ns_a_step;
  if (alone * static_cast<double>((total_rows + rows - 1) / rows) < kNsACall) return 1;
  // Plans that only read the weights are split by rows, which then stay on their core.
  const bool exchanges = binding_.plan.mode == Mode::train || binding_.plan.mode == Mode::gradients;
  const double exchange = exchanges ? cost_.elements_a_row * rows_a_step * kNsAnExchange : 0.0;
  int best = 1;
  double least = alone;
  for (int threads = 2; threads <= thread_limit(); ++threads) {
    const double n = threads, together = alone / n + exchange * (n - 1.0) / n + cost_.barriers * kNsABarrier * n;
    if (together < 0.9 * least) best = threads, least = together;
  }
  return best;
}

template <class T>
void CpuExecutable<T>::run(const StepInput& input, Team& team) {
  if (team.size() == 1) {
    const FloatEnvironment standard;
    for (const BoundStep& step : steps_) step.run(input, {});
    return;
  }
  binding_.prepare_scratch(team.size());
  if (calls_host_) return run_fallible(input, team);
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

/// The same where steps may fail: the first member keeps the error, and all leave at the barrier behind that step.
/// A step that fails later is none of theirs, hence its number.
template <class T>
void CpuExecutable<T>::run_fallible(const StepInput& input, Team& team) {
  std::exception_ptr error;
  std::atomic<size_t> failed = steps_.size();
  const auto attempt = [&](size_t i) {
    try {
      steps_[i].run(input, {});
    } catch (...) {
      error = std::current_exception();
      failed = i;
    }
  };
  team.run([&](Share share) {
    const FloatEnvironment standard;
    for (size_t i = 0; i < steps_.size(); ++i) {
      const BoundStep& step = steps_[i];
      if (step.barrier) team.barrier();
      if (failed < i) return;
      if (!step.alone) {
        step.run(input, share);
      } else if (share.rank == 0) {
        attempt(i);
      }
    }
  });
  if (error) std::rethrow_exception(error);
}

template class CpuExecutable<float>;
template class CpuExecutable<double>;

}  // namespace bardana::cpu
