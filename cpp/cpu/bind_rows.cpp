// Steps that treat every element or every row by itself: activations, softmax, dropout, losses and metrics.
#include <cmath>

#include "cpu/binding.h"
#include "cpu/hinge_targets.h"
#include "plan/registry.h"

namespace bardana::cpu {
namespace {

/// Sum of row values times their weights, in the order of the rows, in double.
template <class T>
double weighted_sum(const T* values, const T* weight, int64_t rows) {
  double sum = 0.0;
  for (int64_t row = 0; row < rows; ++row) {
    sum += static_cast<double>(values[row]) * (weight == nullptr ? 1.0 : static_cast<double>(weight[row]));
  }
  return sum;
}

/// What a batch's weighted sum of losses is divided by. Rows of an ignored class do not count; otherwise weights are
/// summed as the user gave them: `repeated` is the number of rows that share one.
template <class T>
double divisor(Reduction reduction, const LossArgs<T>& a, bool weighted, int64_t repeated) {
  if (reduction == Reduction::sum) return 1.0;
  const bool by_weight = weighted && reduction == Reduction::mean_with_sample_weight;
  const bool ignores = a.labels != nullptr && !std::isnan(a.parameters[0]);
  if (!ignores && !by_weight) return static_cast<double>(a.rows);
  double total = 0.0;
  for (int64_t row = 0; row < a.rows; row += ignores ? 1 : repeated) {
    if (ignores && static_cast<double>(a.labels[row]) == a.parameters[0]) continue;
    total += by_weight ? static_cast<double>(a.weight[row]) : 1.0;
  }
  return total;
}

/// Sum of the weights of all rows but those of an ignored class.
template <class T>
double counted_weight(const LossArgs<T>& a, const T* weight, bool ignores) {
  double total = 0.0;
  for (int64_t row = 0; row < a.rows; ++row) {
    if (ignores && static_cast<double>(a.labels[row]) == a.parameters[0]) continue;
    total += static_cast<double>(weight[row]);
  }
  return total;
}

/// Rows [range) of a loss or metric.
template <class T>
LossArgs<T> rows_of(LossArgs<T> args, Range range) {
  const int64_t elements = range.begin * args.ld;
  const auto on = [](auto*& pointer, int64_t by) { pointer = pointer == nullptr ? nullptr : pointer + by; };
  on(args.pred, elements), on(args.target, elements), on(args.dpred, elements), on(args.probabilities, elements);
  on(args.labels, range.begin), on(args.weight, range.begin), on(args.values, range.begin);
  args.rows = range.size();
  return args;
}

template <class T>
LossArgs<T> loss_args(Binding<T>& binding, TensorId pred, TensorId target, TensorId values, int formula,
                      const double* parameters) {
  const Tensor& t = binding.tensor(pred);
  LossArgs<T> args = {};
  args.pred = binding.at(pred);
  args.ld = t.ld;
  args.cols = t.last;
  args.values = binding.at(values);
  args.parameters = parameters;
  if (loss_info(formula).labels) {
    args.labels = reinterpret_cast<const int32_t*>(binding.at(target));
  } else {
    args.target = binding.at(target);
  }
  return args;
}

/// The rows of a loss or metric, then its sum: args(input) gives the arguments of all rows, sum(args, input) adds the
/// result to the totals. Few numbers are left to one thread, which so saves a barrier.
template <class T>
void add_rows_then_sum(Binding<T>& binding, TensorId pred, const std::vector<Access>& accesses,
                       void (*kernel)(const LossArgs<T>&), auto args, auto sum, Steps& steps) {
  constexpr int64_t kFew = 4096;
  if (binding.plan.capacity * binding.tensor(pred).row_size() <= kFew) {
    const auto all = [kernel, args, sum](const StepInput& in, Share) {
      const LossArgs<T> step = args(in);
      kernel(step);
      sum(step, in);
    };
    steps.push_back({all, accesses, true});
    return;
  }
  const auto rows = [kernel, args](const StepInput& in, Share share) {
    const LossArgs<T> step = args(in);
    const Range range = cut(step.rows, 1, share);
    if (!range.empty()) kernel(rows_of(step, range));
  };
  steps.push_back({rows, accesses});
  std::vector<Access> read = accesses;
  for (Access& access : read) access.writes = false;
  steps.push_back({[args, sum](const StepInput& in, Share) { sum(args(in), in); }, read, true});
}

}  // namespace

template <class T>
void bind(Binding<T>& binding, const Activate& op, Steps& steps) {
  const Tensor& t = binding.tensor(op.x);
  const auto run = [activate = binding.kernels.activate[op.activation.formula], x = binding.at(op.x),
                    y = binding.at(op.y), row = t.outer * t.ld,
                    parameters = op.activation.parameters.data()](const StepInput& in, Share share) {
    const Range range = cut(in.rows * row, kPad, share);
    activate({x + range.begin, nullptr, y + range.begin, range.size(), parameters});
  };
  steps.push_back({run, {binding.reads(op.x), binding.writes(op.y)}});
}

template <class T>
void bind(Binding<T>& binding, const ActivateBackward& op, Steps& steps) {
  const Tensor& t = binding.tensor(op.saved);
  const auto run = [backward = binding.kernels.activate_backward[op.activation.formula], saved = binding.at(op.saved),
                    dy = binding.at(op.dy), dx = binding.at(op.dx), row = t.outer * t.ld,
                    parameters = op.activation.parameters.data()](const StepInput& in, Share share) {
    const Range range = cut(in.rows * row, kPad, share);
    backward({saved + range.begin, dy + range.begin, dx + range.begin, range.size(), parameters});
  };
  steps.push_back({run, {binding.reads(op.saved), binding.reads(op.dy), binding.writes(op.dx)}});
}

template <class T>
void bind(Binding<T>& binding, const Softmax& op, Steps& steps) {
  const auto run = [activate = binding.kernels.activate_rows[static_cast<size_t>(op.formula)], x = binding.at(op.x),
                    y = binding.at(op.y), t = binding.tensor(op.x)](const StepInput& in, Share share) {
    const Range range = cut(in.rows * t.outer, 1, share);
    activate({x + range.begin * t.ld, nullptr, y + range.begin * t.ld, t.ld, range.size(), t.last});
  };
  steps.push_back({run, {binding.reads(op.x), binding.writes(op.y)}});
}

template <class T>
void bind(Binding<T>& binding, const SoftmaxBackward& op, Steps& steps) {
  const auto run = [backward = binding.kernels.activate_rows_backward[static_cast<size_t>(op.formula)],
                    y = binding.at(op.y), dy = binding.at(op.dy), dx = binding.at(op.dx),
                    t = binding.tensor(op.y)](const StepInput& in, Share share) {
    const Range range = cut(in.rows * t.outer, 1, share);
    const int64_t from = range.begin * t.ld;
    backward({y + from, dy + from, dx + from, t.ld, range.size(), t.last});
  };
  steps.push_back({run, {binding.reads(op.y), binding.reads(op.dy), binding.writes(op.dx)}});
}

template <class T>
void bind(Binding<T>& binding, const Dropout& op, Steps& steps) {
  const auto run = [dropout = binding.kernels.dropout, x = binding.at(op.x), y = binding.at(op.y),
                    t = binding.tensor(op.x), rate = op.rate, seed = op.seed](const StepInput& in, Share share) {
    const Range range = cut(in.rows * t.outer, 1, share);
    const int64_t from = range.begin * t.ld;
    dropout({x + from, y + from, t.ld, range.size(), t.last, rate, seed, in.call,
             in.first_of_call * t.outer + range.begin});
  };
  steps.push_back({run, {binding.reads(op.x), binding.writes(op.y)}});
}

template <class T>
void bind(Binding<T>& binding, const Loss& op, Steps& steps) {
  LossArgs<T> args = loss_args(binding, op.pred, op.target, op.values, op.formula, op.parameters.data());
  args.weight = binding.at(op.weight);
  args.dpred = binding.at(op.dpred);
  args.probabilities = binding.at(op.probabilities);
  const auto scaled = [args, reduction = op.reduction, factor = op.factor, groups = binding.tensor(op.pred).outer,
                       hinges = loss_info(op.formula).hinges](const StepInput& in) {
    LossArgs<T> step = args;
    step.rows = in.rows * groups;
    if (hinges) step.parameters = hinge_parameters(step);
    const double count = divisor(reduction, step, in.weight->data != nullptr, groups / in.weight->row_elements);
    step.scale = count == 0.0 ? 0.0 : factor / count;
    return step;
  };
  const auto sum = [](const LossArgs<T>& step, const StepInput& in) {
    const double loss = step.scale * weighted_sum(step.values, step.weight, step.rows);
    in.totals[0] += loss * static_cast<double>(in.rows);
    in.totals[1] += static_cast<double>(in.rows);
  };
  add_rows_then_sum(binding, op.pred,
                    {binding.reads(op.pred), binding.reads(op.target), binding.reads(op.weight),
                     binding.writes(op.values), binding.writes(op.dpred), binding.writes(op.probabilities)},
                    binding.kernels.loss[op.formula], scaled, sum, steps);
}

template <class T>
void bind(Binding<T>& binding, const Metric& op, Steps& steps) {
  LossArgs<T> args = loss_args(binding, op.pred, op.target, op.values, op.formula, op.parameters.data());
  args.probabilities = binding.at(op.scratch);
  const auto counted = [args, groups = binding.tensor(op.pred).outer,
                        hinges = loss_info(op.formula).hinges](const StepInput& in) {
    LossArgs<T> step = args;
    step.rows = in.rows * groups;
    if (hinges) step.parameters = hinge_parameters(step);
    return step;
  };
  const std::vector<Access> accesses = {binding.reads(op.pred), binding.reads(op.target), binding.reads(op.weight),
                                        binding.writes(op.values), binding.writes(op.scratch)};
  if (op.weight != kNone) {
    const LossInfo& info = loss_info(op.formula);
    const bool ignores = info.labels && info.differentiable && !std::isnan(op.parameters[0]);
    const auto weighted = [state = op.state, weight = binding.at(op.weight), ignores](const LossArgs<T>& step,
                                                                                      const StepInput& in) {
      in.totals[state] += weighted_sum(step.values, weight, step.rows);
      in.totals[state + 1] += counted_weight(step, weight, ignores && in.weight->data != nullptr);
    };
    add_rows_then_sum(binding, op.pred, accesses, binding.kernels.loss[op.formula], counted, weighted, steps);
    return;
  }
  const auto sum = [state = op.state](const LossArgs<T>& step, const StepInput& in) {
    in.totals[state] += weighted_sum<T>(step.values, nullptr, step.rows);
    in.totals[state + 1] += static_cast<double>(step.rows);
  };
  add_rows_then_sum(binding, op.pred, accesses, binding.kernels.loss[op.formula], counted, sum, steps);
}

template <class T>
void bind(Binding<T>& binding, const Tally& op, Steps& steps) {
  const Tensor& t = binding.tensor(op.pred);
  const TallyArgs<T> args = {.pred = binding.at(op.pred),
                             .target = binding.at(op.target),
                             .ld = t.ld,
                             .rows = 0,
                             .cols = t.last,
                             .weight = binding.at(op.weight),
                             .parameters = op.parameters.data(),
                             .thresholds = op.thresholds.data(),
                             .threshold_count = static_cast<int64_t>(op.thresholds.size()),
                             .label_weights = op.label_weights.empty() ? nullptr : op.label_weights.data(),
                             .state = nullptr};
  const auto run = [args, tally = binding.kernels.tally[op.formula], begin = op.state, groups = t.outer](
                       const StepInput& in, Share) {
    TallyArgs<T> step = args;
    step.rows = in.rows * groups;
    step.state = in.totals + begin;
    tally(step);
  };
  steps.push_back({run, {binding.reads(op.pred), binding.reads(op.target), binding.reads(op.weight)}, true});
}

BARDANA_INSTANTIATE_BIND(Activate);
BARDANA_INSTANTIATE_BIND(ActivateBackward);
BARDANA_INSTANTIATE_BIND(Softmax);
BARDANA_INSTANTIATE_BIND(SoftmaxBackward);
BARDANA_INSTANTIATE_BIND(Dropout);
BARDANA_INSTANTIATE_BIND(Loss);
BARDANA_INSTANTIATE_BIND(Metric);
BARDANA_INSTANTIATE_BIND(Tally);

}  // namespace bardana::cpu
