#include "cpu/binding.h"

namespace bardana::cpu {
namespace {

bool conflict(const Access& a, const Access& b) { return (a.writes || b.writes) && a.begin < b.end && b.begin < a.end; }

bool conflict(const BoundStep& a, const BoundStep& b) {
  if (a.alone && b.alone) return false;
  for (const Access& one : a.accesses) {
    for (const Access& other : b.accesses) {
      if (conflict(one, other)) return true;
    }
  }
  return false;
}

}  // namespace

void place_barriers(std::vector<BoundStep>& steps) {
  size_t since = 0;  // the first step after the last barrier
  for (size_t i = 0; i < steps.size(); ++i) {
    steps[i].barrier = i > 0 && steps[i - 1].may_fail;
    for (size_t j = since; j < i && !steps[i].barrier; ++j) steps[i].barrier = conflict(steps[j], steps[i]);
    if (steps[i].barrier) since = i;
  }
}

template <class T>
Binding<T>::Binding(const Plan& bound_plan, Variables& bound_variables, const Kernels<T>& bound_kernels)
    : plan(bound_plan),
      variables(bound_variables),
      kernels(bound_kernels),
      workspace_(plan.workspace_bytes),
      rows_(plan.tensors.size()) {
  for (const Op& op : plan.ops) {
    if (const auto* gather = std::get_if<GatherInput>(&op)) input_ = gather->y;
  }
  for (const Op& op : plan.ops) {
    if (std::holds_alternative<Affine>(op) || std::holds_alternative<BackWeights>(op)) continue;
    std::visit(
        [&](const auto& o) {
          o.operands([&](const char*, TensorId id, bool writes) { dense_input_ &= id != input_ || writes; });
        },
        op);
  }
}

template <class T>
const T** Binding<T>::rows(TensorId id) {
  auto& table = rows_[static_cast<size_t>(id)];
  if (table.empty()) {
    const Tensor& t = tensor(id);
    for (int64_t row = 0; row < plan.capacity * t.outer; ++row) table.push_back(at(id) + row * t.ld);
  }
  return table.data();
}

template <class T>
void Binding<T>::prepare_scratch(int team_size) {
  while (static_cast<int>(scratch_.size()) < team_size) {
    scratch_.emplace_back(scratch_elements_ * static_cast<int64_t>(sizeof(T)));
  }
}

template class Binding<float>;
template class Binding<double>;

}  // namespace bardana::cpu
