// Workspace layout: a tensor lives from the first op that touches it to the last one; each takes the lowest offset that
// is free for its whole life, larger tensors first.
#include <algorithm>
#include <numeric>

#include "common/memory.h"
#include "compile/compile.h"

namespace bardana {
namespace {

struct Life {
  int64_t first = -1, last = -1;
  bool overlaps(const Life& other) const { return first <= other.last && other.first <= last; }
};

std::vector<Life> lives(const Plan& plan) {
  std::vector<Life> list(plan.tensors.size());
  for (size_t i = 0; i < plan.ops.size(); ++i) {
    const auto touch = [&](const char*, TensorId id, bool) {
      if (id == kNone) return;
      Life& life = list[static_cast<size_t>(id)];
      if (life.first < 0) life.first = static_cast<int64_t>(i);
      life.last = static_cast<int64_t>(i);
    };
    std::visit([&](const auto& op) { op.operands(touch); }, plan.ops[i]);
  }
  return list;
}

int64_t aligned(int64_t bytes) {
  constexpr auto kAlignment = static_cast<int64_t>(Memory::kAlignment);
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

void place(Plan& plan) {
  const std::vector<Life> life = lives(plan);
  std::vector<size_t> order(plan.tensors.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return plan.tensors[a].bytes > plan.tensors[b].bytes; });
  std::vector<size_t> placed;  // by rising offset
  for (const size_t id : order) {
    Tensor& tensor = plan.tensors[id];
    if (life[id].first < 0) continue;  // fused away
    tensor.offset = 0;
    for (const size_t other : placed) {
      const Tensor& neighbour = plan.tensors[other];
      if (!life[id].overlaps(life[other])) continue;
      if (tensor.offset + aligned(tensor.bytes) <= neighbour.offset) break;
      tensor.offset = std::max(tensor.offset, neighbour.offset + aligned(neighbour.bytes));
    }
    const auto at = std::find_if(placed.begin(), placed.end(),
                                 [&](size_t other) { return plan.tensors[other].offset > tensor.offset; });
    placed.insert(at, id);
    plan.workspace_bytes = std::max(plan.workspace_bytes, tensor.offset + aligned(tensor.bytes));
  }
}

}  // namespace bardana
