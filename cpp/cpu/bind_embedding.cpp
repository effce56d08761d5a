// Steps that take class numbers as numbers of rows of a matrix.
#include <algorithm>

#include "cpu/binding.h"

namespace bardana::cpu {
namespace {

int64_t row_number(const StepInput& in, int64_t row) {
  return in.order == nullptr ? in.first + row : in.order[in.first + row];
}

}  // namespace

template <class T>
void bind(Binding<T>& binding, const GatherIds& op, Steps& steps) {
  auto* ids = reinterpret_cast<int32_t*>(binding.at(op.ids));
  const auto run = [ids, size = binding.tensor(op.ids).outer](const StepInput& in, Share share) {
    const Range range = cut(in.rows, 1, share);
    visit_elements(*in.x, [&](const auto* x) {
      for (int64_t row = range.begin; row < range.end; ++row) {
        const auto* from = x + row_number(in, row) * size;
        std::transform(from, from + size, ids + row * size, [](auto value) { return row_index<T>(value); });
      }
    });
  };
  steps.push_back({run, {binding.writes(op.ids)}});
}

template <class T>
void bind(Binding<T>& binding, const ToIds& op, Steps& steps) {
  auto* ids = reinterpret_cast<int32_t*>(binding.at(op.ids));
  const auto run = [x = binding.at(op.x), t = binding.tensor(op.x), ids](const StepInput& in, Share share) {
    const Range groups = cut(in.rows * t.outer, 1, share);
    for (int64_t g = groups.begin; g < groups.end; ++g) {
      for (int64_t i = 0; i < t.last; ++i) ids[g * t.last + i] = class_number(x[g * t.ld + i]);
    }
  };
  steps.push_back({run, {binding.reads(op.x), binding.writes(op.ids)}});
}

template <class T>
void bind(Binding<T>& binding, const Embed& op, Steps& steps) {
  const Shape& shape = binding.variables.spec(op.w).shape;
  const Tensor t = binding.tensor(op.y);
  const EmbedArgs<T> args = {.ids = reinterpret_cast<const int32_t*>(binding.at(op.ids)),
                             .w = binding.param(op.w),
                             .y = binding.at(op.y),
                             .ld = t.ld,
                             .count = t.outer,
                             .rows = shape[0],
                             .cols = shape[1]};
  const auto run = [args, kernel = binding.kernels.embed](const StepInput& in, Share share) {
    const Range groups = cut(in.rows * args.count, 1, share);
    EmbedArgs<T> step = args;
    step.ids += groups.begin, step.y += groups.begin * args.ld, step.count = groups.size();
    kernel(step);
  };
  steps.push_back(
      {run, {binding.reads(op.ids), binding.of_variable(binding.param(op.w), op.w, false), binding.writes(op.y)}});
}

template <class T>
void bind(Binding<T>& binding, const EmbedBackward& op, Steps& steps) {
  const Shape& shape = binding.variables.spec(op.w).shape;
  const Tensor t = binding.tensor(op.dy);
  T* dw = op.updates ? binding.param(op.w) : binding.grad(op.w);
  const EmbedBackwardArgs<T> args = {.ids = reinterpret_cast<const int32_t*>(binding.at(op.ids)),
                                     .dy = binding.at(op.dy),
                                     .dw = dw,
                                     .ld = t.ld,
                                     .count = t.outer,
                                     .rows = shape[0],
                                     .cols = shape[1],
                                     .begin = 0,
                                     .end = 0,
                                     .fold = op.updates,
                                     .learning_rate = 0.0};
  const auto run = [args, kernel = binding.kernels.embed_backward](const StepInput& in, Share share) {
    const Range rows = cut(args.rows, 1, share);
    EmbedBackwardArgs<T> step = args;
    step.count = in.rows * args.count, step.begin = rows.begin, step.end = rows.end;
    step.learning_rate = in.learning_rate;
    kernel(step);
  };
  steps.push_back({run, {binding.reads(op.ids), binding.reads(op.dy), binding.of_variable(dw, op.w, true)}});
}

BARDANA_INSTANTIATE_BIND(GatherIds);
BARDANA_INSTANTIATE_BIND(ToIds);
BARDANA_INSTANTIATE_BIND(Embed);
BARDANA_INSTANTIATE_BIND(EmbedBackward);

}  // namespace bardana::cpu
