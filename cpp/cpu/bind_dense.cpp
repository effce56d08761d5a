// Steps of dense layers. How the work is shared: a training step of few rows splits a layer by
// columns, so that each thread meets the weights that it wrote itself at the last step; many rows, and plans that only
// read the weights, are split by rows.
#include "cpu/binding.h"
#include "plan/registry.h"

namespace bardana::cpu {
namespace {

bool splits_by_rows(bool trains, int64_t rows, int64_t n, int threads) {
  if (threads == 1) return false;
  return padded(n) / kPad < 2 * threads || rows > n || (!trains && rows >= 16 * threads);
}

/// Leaves a share of the product to be computed: some of its rows, or some of its columns.
template <class T>
void take_share(AffineArgs<T>& args, bool trains, Share share) {
  if (args.narrow || splits_by_rows(trains, args.m, args.n, share.size)) {
    const Range rows = cut(args.m, 8, share);
    args.x += rows.begin;
    args.y += rows.begin * args.ldy;
    if (args.z != nullptr) args.z += rows.begin * args.ldy;
    args.m = rows.size();
  } else {
    const Range columns = cut(args.ldy, kPad, share);
    args.first = columns.begin, args.end = columns.end;
  }
}

}  // namespace

template <class T>
void bind(Binding<T>& binding, const Affine& op, Steps& steps) {
  const int formula = op.activation.formula;
  const bool linear = formula == find_activation("linear"), relu = formula == find_activation("relu");
  const Tensor &x = binding.tensor(op.x), &y = binding.tensor(op.y);
  const AffineArgs<T> args = {.x = binding.rows(op.x),
                              .w = binding.param(op.w),
                              .b = binding.param(op.b),
                              .z = binding.at(op.z),
                              .y = binding.at(op.y),
                              .ldy = y.ld,
                              .k = x.last,
                              .n = y.last,
                              .end = y.ld,
                              .relu = relu,
                              .activate = linear || relu ? nullptr : binding.kernels.activate[formula],
                              .parameters = op.activation.parameters.data(),
                              .narrow = is_narrow(x.last, y.last)};
  if (args.narrow) binding.want_scratch(affine_scratch(args.k));
  const bool trains = binding.plan.mode == Mode::train;
  const auto run = [&binding, args, trains, outer = x.outer](const StepInput& in, Share share) {
    AffineArgs<T> step = args;
    step.scratch = binding.scratch(share);
    step.m = in.rows * outer;
    take_share(step, trains, share);
    if (step.m > 0 && step.first < step.end) binding.kernels.affine(step);
  };
  BoundStep step = {run, {binding.reads(op.x), binding.writes(op.z), binding.writes(op.y)}};
  step.accesses.push_back(binding.of_variable(binding.param(op.w), op.w, false));
  if (op.b != kNone) step.accesses.push_back(binding.of_variable(binding.param(op.b), op.b, false));
  steps.push_back(std::move(step));
}

template <class T>
void bind(Binding<T>& binding, const BackWeights& op, Steps& steps) {
  const Tensor &x = binding.tensor(op.x), &dy = binding.tensor(op.dy);
  const BackWeightsArgs<T> args = {.x = binding.rows(op.x),
                                   .dy = binding.at(op.dy),
                                   .ldy = dy.ld,
                                   .dw = op.updates ? binding.param(op.w) : binding.grad(op.w),
                                   .db = op.updates ? binding.param(op.b) : binding.grad(op.b),
                                   .k = x.last,
                                   .n = dy.last,
                                   .narrow = is_narrow(x.last, dy.last),
                                   .fold = op.updates};
  binding.want_scratch(back_weights_scratch(binding.plan.capacity * x.outer, dy.last));
  const auto run = [&binding, args, outer = x.outer](const StepInput& in, Share share) {
    BackWeightsArgs<T> step = args;
    const Range stored = cut_panels(args.k, args.n, share), bias = cut(args.ldy, kPad, share);
    step.begin = stored.begin, step.end = stored.end;
    step.first = bias.begin, step.last = bias.end;
    step.m = in.rows * outer;
    step.learning_rate = in.learning_rate;
    step.scratch = binding.scratch(share);
    binding.kernels.back_weights(step);
  };
  BoundStep step = {run, {binding.reads(op.x), binding.reads(op.dy), binding.of_variable(args.dw, op.w, true)}};
  if (op.b != kNone) step.accesses.push_back(binding.of_variable(args.db, op.b, true));
  steps.push_back(std::move(step));
}

/// Panel by panel: the thread transposes the weights behind 48 columns of dx, which then are in its cache.
template <class T>
void back_input(Binding<T>& binding, const AffineArgs<T>& args, const T* w, T* wt) {
  for (int64_t first = args.first, end = 0; first < args.end; first = end) {
    end = std::min(args.end, (first / kPanel + 1) * kPanel);
    binding.kernels.transpose({.w = w, .wt = wt, .k = args.n, .n = args.k, .first = first, .width = end - first});
    AffineArgs<T> panel = args;
    panel.w = wt;
    panel.y += first;
    panel.first = 0, panel.end = end - first;
    if (!args.narrow) panel.n = panel.end;
    binding.kernels.affine(panel);
  }
}

template <class T>
void bind(Binding<T>& binding, const BackInput& op, Steps& steps) {
  const Tensor &dy = binding.tensor(op.dy), &dx = binding.tensor(op.dx);
  const AffineArgs<T> args = {.x = binding.rows(op.dy),
                              .y = binding.at(op.dx),
                              .ldy = dx.ld,
                              .k = dy.last,
                              .n = dx.last,
                              .end = dx.ld,
                              .narrow = is_narrow(dy.last, dx.last)};
  const int64_t panel = kPanel * padded(args.k);
  binding.want_scratch(panel + (args.narrow ? affine_scratch(args.k) : 0));
  const T* w = binding.param(op.w);
  const auto run = [&binding, args, w, panel, outer = dx.outer](const StepInput& in, Share share) {
    AffineArgs<T> step = args;
    step.scratch = binding.scratch(share) + panel;
    step.m = in.rows * outer;
    take_share(step, true, share);
    if (step.m > 0) back_input(binding, step, w, binding.scratch(share));
  };
  steps.push_back(
      {run, {binding.reads(op.dy), binding.writes(op.dx), binding.of_variable(binding.param(op.w), op.w, false)}});
}

BARDANA_INSTANTIATE_BIND(Affine);
BARDANA_INSTANTIATE_BIND(BackWeights);
BARDANA_INSTANTIATE_BIND(BackInput);

}  // namespace bardana::cpu
