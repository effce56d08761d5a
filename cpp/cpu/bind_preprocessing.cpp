// Steps of the layers that prepare data.
#include <algorithm>
#include <cmath>
#include <memory>

#include "cpu/binding.h"

namespace bardana::cpu {
namespace {

/// The numbers in the model's type, shared by all copies of a step.
template <class T>
std::shared_ptr<const std::vector<T>> constants(const std::vector<double>& numbers) {
  auto list = std::make_shared<std::vector<T>>();
  for (const double number : numbers) list->push_back(static_cast<T>(number));
  return list;
}

}  // namespace

template <class T>
void bind(Binding<T>& binding, const Factors& op, Steps& steps) {
  const auto run = [factor = binding.at(op.factor), offset = binding.at(op.offset), mean = binding.param(op.mean),
                    variance = binding.param(op.variance), epsilon = static_cast<T>(op.epsilon),
                    &index = op.index](const StepInput&, Share share) {
    const Range own = cut(static_cast<int64_t>(index.size()), kPad, share);
    for (int64_t i = own.begin; i < own.end; ++i) {
      const int64_t from = index[static_cast<size_t>(i)];
      const T root = from < 0 ? T(1) : std::sqrt(variance[from]);
      factor[i] = root < epsilon ? epsilon : root;
      offset[i] = from < 0 ? T(0) : mean[from];
    }
  };
  steps.push_back({run,
                   {binding.of_variable(binding.param(op.mean), op.mean, false),
                    binding.of_variable(binding.param(op.variance), op.variance, false), binding.writes(op.factor),
                    binding.writes(op.offset)}});
}

template <class T>
void bind(Binding<T>& binding, const Scale& op, Steps& steps) {
  const Tensor t = binding.tensor(op.y);
  const auto factors = constants<T>(op.factors), offsets = constants<T>(op.offsets);
  ScaleArgs<T> args = {.x = binding.at(op.x),
                       .y = binding.at(op.y),
                       .factor = op.factor == kNone ? factors->data() : binding.at(op.factor),
                       .offset = binding.at(op.offset),
                       .rows = 0,
                       .size = t.outer * t.ld,
                       .divides = op.divides};
  if (!offsets->empty()) args.offset = offsets->data();
  const auto run = [args, factors, offsets, kernel = binding.kernels.scale](const StepInput& in, Share share) {
    const Range rows = cut(in.rows, 1, share);
    ScaleArgs<T> step = args;
    step.x += rows.begin * args.size, step.y += rows.begin * args.size, step.rows = rows.size();
    kernel(step);
  };
  steps.push_back(
      {run, {binding.reads(op.x), binding.reads(op.factor), binding.reads(op.offset), binding.writes(op.y)}});
}

template <class T>
void bind(Binding<T>& binding, const Bucketize& op, Steps& steps) {
  const Tensor t = binding.tensor(op.x);
  const auto run = [x = binding.at(op.x), y = binding.at(op.y), row = t.outer * t.ld,
                    boundaries = constants<T>(op.boundaries),
                    kernel = binding.kernels.bucketize](const StepInput& in, Share share) {
    const Range range = cut(in.rows * row, kPad, share);
    kernel(
        {x + range.begin, y + range.begin, range.size(), boundaries->data(), static_cast<int64_t>(boundaries->size())});
  };
  steps.push_back({run, {binding.reads(op.x), binding.writes(op.y)}});
}

template <class T>
void bind(Binding<T>& binding, const Encode& op, Steps& steps) {
  const Tensor from = binding.tensor(op.x), to = binding.tensor(op.y);
  const EncodeArgs<T> args = {.x = binding.at(op.x),
                              .y = binding.at(op.y),
                              .last = from.last,
                              .ldx = from.ld,
                              .row_step = from.outer * from.ld,
                              .rows = 0,
                              .size = from.row_size() / (op.weighted ? 2 : 1),
                              .groups = to.outer,
                              .cols = to.last,
                              .ldy = to.ld,
                              .weighted = op.weighted,
                              .counts = op.encoding == Encoding::count};
  const auto run = [args, kernel = binding.kernels.encode](const StepInput& in, Share share) {
    const Range rows = cut(in.rows, 1, share);
    EncodeArgs<T> step = args;
    step.x += rows.begin * args.row_step, step.y += rows.begin * args.groups * args.ldy, step.rows = rows.size();
    kernel(step);
  };
  steps.push_back({run, {binding.reads(op.x), binding.writes(op.y)}});
}

template <class T>
void bind(Binding<T>& binding, const Zero& op, Steps& steps) {
  const Tensor t = binding.tensor(op.y);
  const auto run = [y = binding.at(op.y), row = t.outer * t.ld](const StepInput& in, Share share) {
    const Range range = cut(in.rows * row, kPad, share);
    std::fill(y + range.begin, y + range.end, T(0));
  };
  steps.push_back({run, {binding.writes(op.y)}});
}

BARDANA_INSTANTIATE_BIND(Factors);
BARDANA_INSTANTIATE_BIND(Scale);
BARDANA_INSTANTIATE_BIND(Bucketize);
BARDANA_INSTANTIATE_BIND(Encode);
BARDANA_INSTANTIATE_BIND(Zero);

}  // namespace bardana::cpu
