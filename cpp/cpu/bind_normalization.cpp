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

/// Adds γ and β to what a step reads.
template <class T, class AnyOp>
void add_weights(Binding<T>& binding, const AnyOp& op, std::vector<Access>& accesses) {
  for (const VariableId id : {op.gamma, op.beta}) {
    if (id != kNone) accesses.push_back(binding.of_variable(binding.param(id), id, false));
  }
}

/// The same, with the moving averages where they are read.
template <class T, class AnyOp>
void add_reads(Binding<T>& binding, const AnyOp& op, std::vector<Access>& accesses) {
  add_weights(binding, op, accesses);
  if (op.mean != kNone) return;
  for (const VariableId id : {op.moving_mean, op.moving_variance})
    accesses.push_back(binding.of_variable(binding.param(id), id, false));
}

/// Rows [range) of a normalization by rows.
template <class T>
RowNormArgs<T> rows_of(RowNormArgs<T> args, Range range) {
  args.x += range.begin * args.ld, args.y += range.begin * args.ld;
  if (args.dy != nullptr) args.dy += range.begin * args.ld;
  if (args.mean != nullptr) args.mean += range.begin;
  args.inverse += range.begin;
  args.rows = range.size();
  return args;
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
void bind(Binding<T>& binding, const RowNorm& op, Steps& steps) {
  const Tensor& t = binding.tensor(op.x);
  const RowNormArgs<T> args = {.x = binding.at(op.x),
                               .y = binding.at(op.y),
                               .gamma = binding.param(op.gamma),
                               .beta = binding.param(op.beta),
                               .mean = binding.at(op.mean),
                               .inverse = binding.at(op.inverse),
                               .ld = t.ld,
                               .cols = t.last,
                               .epsilon = op.epsilon,
                               .unit = op.unit};
  const auto run = [args, outer = t.outer, kernel = binding.kernels.row_norm](const StepInput& in, Share share) {
    kernel(rows_of(args, cut(in.rows * outer, 1, share)));
  };
  BoundStep step = {run,
                    {binding.reads(op.x), binding.writes(op.mean), binding.writes(op.inverse), binding.writes(op.y)}};
  add_weights(binding, op, step.accesses);
  steps.push_back(std::move(step));
}

template <class T>
void bind(Binding<T>& binding, const RowNormBackward& op, Steps& steps) {
  const Tensor& t = binding.tensor(op.x);
  RowNormArgs<T> args = {.x = binding.at(op.x),
                         .dy = binding.at(op.dy),
                         .y = binding.at(op.dx),
                         .gamma = binding.param(op.gamma),
                         .mean = binding.at(op.mean),
                         .inverse = binding.at(op.inverse),
                         .ld = t.ld,
                         .cols = t.last,
                         .epsilon = op.epsilon,
                         .unit = op.unit,
                         .fold = op.updates};
  const std::vector<Access> reads = {binding.reads(op.x), binding.reads(op.dy), binding.reads(op.mean),
                                     binding.reads(op.inverse)};
  if (op.dx != kNone) {
    const auto run = [args, outer = t.outer, kernel = binding.kernels.row_norm_backward](
                         const StepInput& in, Share share) { kernel(rows_of(args, cut(in.rows * outer, 1, share))); };
    BoundStep step = {run, reads};
    step.accesses.push_back(binding.writes(op.dx));
    add_weights(binding, op, step.accesses);
    steps.push_back(std::move(step));
  }
  if (!op.learns) return;
  args.dgamma = op.updates ? binding.param(op.gamma) : binding.grad(op.gamma);
  args.dbeta = op.updates ? binding.param(op.beta) : binding.grad(op.beta);
  const auto sums = [args, outer = t.outer, kernel = binding.kernels.row_norm_sums](const StepInput& in, Share share) {
    RowNormArgs<T> step = args;
    const Range columns = cut(args.ld, kPad, share);
    step.first = columns.begin, step.end = columns.end;
    step.rows = in.rows * outer;
    step.learning_rate = in.learning_rate;
    kernel(step);
  };
  BoundStep step = {sums, reads};
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
BARDANA_INSTANTIATE_BIND(RowNorm);
BARDANA_INSTANTIATE_BIND(RowNormBackward);
BARDANA_INSTANTIATE_BIND(MovingAverage);

}  // namespace bardana::cpu
