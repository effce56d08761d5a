// Steps of normalizing layers. Training shares a batch normalization by columns, each thread taking the sums over all
// rows of its own; plans that only read share it by rows.
#include "cpu/binding.h"

namespace bardana::cpu {
namespace {

/// The arguments that forward and backward share: the batch's statistics, or those of the variables.
template <class T, class AnyOp>
BatchNormArgs<T> batch_norm_args(Binding<T>& binding, const AnyOp& op) {
  const Tensor& t = binding.tensor(op.x);
  const bool batch = op.mean != kNone;
  return {.x = binding.at(op.x),
          .gamma = binding.param(op.gamma),
          .beta = binding.param(op.beta),
          .mean = batch ? binding.at(op.mean) : binding.param(op.moving_mean),
          .variance = batch ? binding.at(op.variance) : binding.param(op.moving_variance),
          .ld = t.ld,
          .cols = t.last,
          .end = t.ld,
          .epsilon = op.epsilon,
          .batch = batch};
}

/// Adds the variables that op reads.
template <class T, class AnyOp>
void add_reads(Binding<T>& binding, const AnyOp& op, std::vector<Access>& accesses) {
  const auto add = [&](VariableId id) {
    if (id != kNone) accesses.push_back(binding.of_variable(binding.param(id), id, false));
  };
  add(op.gamma), add(op.beta);
  if (op.mean == kNone) add(op.moving_mean), add(op.moving_variance);
}

}  // namespace

template <class T>
void bind(Binding<T>& binding, const BatchNorm& op, Steps& steps) {
  BatchNormArgs<T> args = batch_norm_args(binding, op);
  args.y = binding.at(op.y);
  const auto run = [args, outer = binding.tensor(op.x).outer, kernel = binding.kernels.batch_norm](const StepInput& in,
                                                                                                   Share share) {
    BatchNormArgs<T> step = args;
    const Range columns = args.batch ? cut(args.ld, kPad, share) : Range{0, args.ld};
    const Range rows = args.batch ? Range{0, in.rows * outer} : cut(in.rows * outer, 1, share);
    step.first = columns.begin, step.end = columns.end;
    step.x += rows.begin * args.ld, step.y += rows.begin * args.ld;
    step.rows = rows.size();
    kernel(step);
  };
  BoundStep step = {run,
                    {binding.reads(op.x), binding.writes(op.mean), binding.writes(op.variance), binding.writes(op.y)}};
  add_reads(binding, op, step.accesses);
  steps.push_back(std::move(step));
}

template <class T>
void bind(Binding<T>& binding, const BatchNormBackward& op, Steps& steps) {
  BatchNormArgs<T> args = batch_norm_args(binding, op);
  args.dy = binding.at(op.dy);
  args.y = binding.at(op.dx);
  args.fold = op.updates;
  if (op.learns) {
    args.dgamma = op.updates ? binding.param(op.gamma) : binding.grad(op.gamma);
    args.dbeta = op.updates ? binding.param(op.beta) : binding.grad(op.beta);
  }
  const auto run = [args, outer = binding.tensor(op.x).outer, kernel = binding.kernels.batch_norm_backward](
                       const StepInput& in, Share share) {
    BatchNormArgs<T> step = args;
    const Range columns = cut(args.ld, kPad, share);
    step.first = columns.begin, step.end = columns.end;
    step.rows = in.rows * outer;
    step.learning_rate = in.learning_rate;
    kernel(step);
  };
  BoundStep step = {run,
                    {binding.reads(op.x), binding.reads(op.dy), binding.reads(op.mean), binding.reads(op.variance),
                     binding.writes(op.dx)}};
  add_reads(binding, op, step.accesses);
  if (args.dgamma != nullptr) step.accesses.push_back(binding.of_variable(args.dgamma, op.gamma, true));
  if (args.dbeta != nullptr) step.accesses.push_back(binding.of_variable(args.dbeta, op.beta, true));
  steps.push_back(std::move(step));
}

template <class T>
void bind(Binding<T>& binding, const MovingAverage& op, Steps& steps) {
  const MovingAverageArgs<T> args = {binding.param(op.v), binding.at(op.x), binding.tensor(op.x).ld, op.momentum};
  const auto run = [args, kernel = binding.kernels.moving_average](const StepInput&, Share share) {
    const Range own = cut(args.size, kPad, share);
    kernel({args.v + own.begin, args.x + own.begin, own.size(), args.momentum});
  };
  steps.push_back({run, {binding.reads(op.x), binding.of_variable(args.v, op.v, true)}});
}

BARDANA_INSTANTIATE_BIND(BatchNorm);
BARDANA_INSTANTIATE_BIND(BatchNormBackward);
BARDANA_INSTANTIATE_BIND(MovingAverage);

}  // namespace bardana::cpu
