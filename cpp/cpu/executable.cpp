#include "cpu/executable.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "cpu/float_environment.h"
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

/// Class numbers of the step's rows, converted; they were checked before the first step.
void gather_labels(const Source& source, const StepInput& input, int64_t groups, int32_t* labels) {
  visit_elements(source, [&](const auto* from) {
    for (int64_t row = 0; row < input.rows; ++row) {
      const int64_t index = input.order == nullptr ? input.first + row : input.order[input.first + row];
      for (int64_t i = 0; i < groups; ++i) labels[row * groups + i] = class_number(from[index * groups + i]);
    }
  });
}

}  // namespace

template <class T>
CpuExecutable<T>::CpuExecutable(const Plan& plan, Variables& variables, const Kernels<T>& kernels)
    : plan_(plan), variables_(variables), kernels_(kernels), workspace_(plan.workspace_bytes) {
  for (const Op& op : plan.ops) {
    steps_.push_back(std::visit([this](const auto& o) { return this->bind(o); }, op));
  }
}

template <class T>
void CpuExecutable<T>::run(const StepInput& input) {
  const FloatEnvironment standard;
  for (const Step& step : steps_) step(input);
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const GatherInput& op) {
  return [gather = kernels_.gather, y = at(op.y), cols = tensor(op.y).last, ld = tensor(op.y).ld](const StepInput& in) {
    gather({in.x->data, in.x->type, in.order, in.first, in.rows, cols, y, ld});
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const GatherTarget& op) {
  const Tensor& t = tensor(op.y);
  if (t.kind == Tensor::Kind::labels) {
    return [labels = reinterpret_cast<int32_t*>(at(op.y)), groups = t.outer](const StepInput& in) {
      gather_labels(*in.y, in, groups, labels);
    };
  }
  return [gather = kernels_.gather, y = at(op.y), cols = t.last, ld = t.ld](const StepInput& in) {
    gather({in.y->data, in.y->type, in.order, in.first, in.rows, cols, y, ld});
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const GatherWeight& op) {
  return [gather = kernels_.gather, y = at(op.y), groups = tensor(op.y).outer](const StepInput& in) {
    if (in.weight->data == nullptr) {
      std::fill_n(y, in.rows * groups, T(1));
      return;
    }
    const int64_t given = in.weight->row_elements;
    gather({in.weight->data, in.weight->type, in.order, in.first, in.rows, given, y, given});
    if (given == groups) return;
    for (int64_t row = in.rows; row-- > 0;) std::fill_n(y + row * groups, groups, y[row]);  // from the back, in place
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const Repack& op) {
  const Tensor from = tensor(op.x), to = tensor(op.y);
  return [x = at(op.x), y = at(op.y), from, to](const StepInput& in) {
    std::memset(y, 0, static_cast<size_t>(in.rows * to.outer * to.ld) * sizeof(T));
    for (int64_t done = 0, run = 0; done < in.rows * from.row_size(); done += run) {
      run = std::min(from.last - done % from.last, to.last - done % to.last);
      std::memcpy(y + done / to.last * to.ld + done % to.last, x + done / from.last * from.ld + done % from.last,
                  static_cast<size_t>(run) * sizeof(T));
    }
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const Affine& op) {
  const int formula = op.activation.formula;
  const bool linear = formula == find_activation("linear"), relu = formula == find_activation("relu");
  const AffineArgs<T> args = {.x = at(op.x),
                              .ldx = tensor(op.x).ld,
                              .w = param(op.w),
                              .b = param(op.b),
                              .z = at(op.z),
                              .y = at(op.y),
                              .ldy = tensor(op.y).ld,
                              .m = 0,
                              .k = tensor(op.x).last,
                              .n = tensor(op.y).last,
                              .relu = relu,
                              .activate = linear || relu ? nullptr : kernels_.activate[formula],
                              .parameters = op.activation.parameters.data()};
  return [affine = kernels_.affine, args, outer = tensor(op.x).outer](const StepInput& in) {
    AffineArgs<T> step = args;
    step.m = in.rows * outer;
    affine(step);
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const Activate& op) {
  const Tensor& t = tensor(op.x);
  return [activate = kernels_.activate[op.activation.formula], x = at(op.x), y = at(op.y), row = t.outer * t.ld,
          parameters = op.activation.parameters.data()](const StepInput& in) {
    activate({x, nullptr, y, in.rows * row, parameters});
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const ActivateBackward& op) {
  const Tensor& t = tensor(op.saved);
  return [backward = kernels_.activate_backward[op.activation.formula], saved = at(op.saved), dy = at(op.dy),
          dx = at(op.dx), row = t.outer * t.ld, parameters = op.activation.parameters.data()](const StepInput& in) {
    backward({saved, dy, dx, in.rows * row, parameters});
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const Softmax& op) {
  const Tensor& t = tensor(op.x);
  return [softmax = kernels_.softmax, x = at(op.x), y = at(op.y), t](const StepInput& in) {
    softmax({x, nullptr, y, t.ld, in.rows * t.outer, t.last});
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const SoftmaxBackward& op) {
  const Tensor& t = tensor(op.y);
  return [backward = kernels_.softmax_backward, y = at(op.y), dy = at(op.dy), dx = at(op.dx), t](const StepInput& in) {
    backward({y, dy, dx, t.ld, in.rows * t.outer, t.last});
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const Dropout& op) {
  const Tensor& t = tensor(op.x);
  return
      [dropout = kernels_.dropout, x = at(op.x), y = at(op.y), t, rate = op.rate, seed = op.seed](const StepInput& in) {
        dropout({x, y, t.ld, in.rows * t.outer, t.last, rate, seed, in.call, in.first_of_call * t.outer});
      };
}

template <class T>
LossArgs<T> CpuExecutable<T>::loss_args(TensorId pred, TensorId target, TensorId values, int formula,
                                        const double* parameters) {
  const Tensor& t = tensor(pred);
  LossArgs<T> args = {};
  args.pred = at(pred);
  args.ld = t.ld;
  args.cols = t.last;
  args.values = at(values);
  args.parameters = parameters;
  if (loss_info(formula).labels) {
    args.labels = reinterpret_cast<const int32_t*>(at(target));
  } else {
    args.target = at(target);
  }
  return args;
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const Loss& op) {
  LossArgs<T> args = loss_args(op.pred, op.target, op.values, op.formula, op.parameters.data());
  args.weight = at(op.weight);
  args.dpred = at(op.dpred);
  args.probabilities = at(op.probabilities);
  return [kernel = kernels_.loss[op.formula], args, reduction = op.reduction,
          groups = tensor(op.pred).outer](const StepInput& in) {
    LossArgs<T> step = args;
    step.rows = in.rows * groups;
    const double count = divisor(reduction, step, in.weight->data != nullptr, groups / in.weight->row_elements);
    step.scale = count == 0.0 ? 0.0 : 1.0 / count;
    kernel(step);
    const double loss = step.scale * weighted_sum(args.values, args.weight, step.rows);
    in.totals[0] += loss * static_cast<double>(in.rows);
    in.totals[1] += static_cast<double>(in.rows);
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const Metric& op) {
  LossArgs<T> args = loss_args(op.pred, op.target, op.values, op.formula, op.parameters.data());
  args.probabilities = at(op.scratch);
  return [kernel = kernels_.loss[op.formula], args, total = 2 * op.total,
          groups = tensor(op.pred).outer](const StepInput& in) {
    LossArgs<T> step = args;
    step.rows = in.rows * groups;
    kernel(step);
    in.totals[total] += weighted_sum<T>(args.values, nullptr, step.rows);
    in.totals[total + 1] += static_cast<double>(step.rows);
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const BackWeights& op) {
  const BackWeightsArgs<T> args = {.x = at(op.x),
                                   .ldx = tensor(op.x).ld,
                                   .dy = at(op.dy),
                                   .ldy = tensor(op.dy).ld,
                                   .dw = op.updates ? param(op.w) : grad(op.w),
                                   .db = op.updates ? param(op.b) : grad(op.b),
                                   .m = 0,
                                   .k = tensor(op.x).last,
                                   .n = tensor(op.dy).last,
                                   .fold = op.updates,
                                   .learning_rate = 0.0};
  return [back = kernels_.back_weights, args, outer = tensor(op.x).outer](const StepInput& in) {
    BackWeightsArgs<T> step = args;
    step.m = in.rows * outer;
    step.learning_rate = in.learning_rate;
    back(step);
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const BackInput& op) {
  const TransposeArgs<T> transposed = {param(op.w), at(op.wt), tensor(op.dx).last, columns_of(op.w)};
  const AffineArgs<T> args = {.x = at(op.dy),
                              .ldx = tensor(op.dy).ld,
                              .w = at(op.wt),
                              .b = nullptr,
                              .z = nullptr,
                              .y = at(op.dx),
                              .ldy = tensor(op.dx).ld,
                              .m = 0,
                              .k = tensor(op.dy).last,
                              .n = tensor(op.dx).last,
                              .relu = false,
                              .activate = nullptr,
                              .parameters = nullptr};
  return [transpose = kernels_.transpose, affine = kernels_.affine, transposed, args,
          outer = tensor(op.dx).outer](const StepInput& in) {
    transpose(transposed);
    AffineArgs<T> step = args;
    step.m = in.rows * outer;
    affine(step);
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const Update& op) {
  UpdateArgs<T> args = {};
  args.w = variables_.params().template as<T>();
  args.dw = variables_.grads().template as<T>();
  args.size = variables_.trainable_elements();
  args.hyper = op.hyperparameters.data();
  BARDANA_ASSERT(variables_.slot_count() == optimizer_info(op.formula).slots);
  for (int s = 0; s < variables_.slot_count(); ++s) args.slots[s] = variables_.slot(s).template as<T>();
  return [update = kernels_.update[op.formula], args, rate = optimizer_info(op.formula).rate](const StepInput& in) {
    UpdateArgs<T> step = args;
    step.rate = rate(in.learning_rate, args.hyper, static_cast<double>(in.step));
    update(step);
  };
}

template <class T>
typename CpuExecutable<T>::Step CpuExecutable<T>::bind(const Emit& op) {
  return [x = at(op.x), t = tensor(op.x)](const StepInput& in) {
    T* to = static_cast<T*>(in.output);
    for (int64_t row = 0; row < in.rows * t.outer; ++row) {
      std::memcpy(to + row * t.last, x + row * t.ld, static_cast<size_t>(t.last) * sizeof(T));
    }
  };
}

template class CpuExecutable<float>;
template class CpuExecutable<double>;

}  // namespace bardana::cpu
