// Steps on the stored weights: penalties before the update, the update, constraints after it.
#include "cpu/binding.h"
#include "plan/registry.h"

namespace bardana::cpu {
namespace {

int64_t stored_elements(const VariableSpec& spec) {
  return spec.shape.size() == 2 ? panels_size(spec.shape[0], spec.shape[1]) : padded(size_of(spec.shape));
}

/// The elements whose gradient this thread has computed.
Range own_elements(const VariableSpec& spec, Share share) {
  if (spec.shape.size() == 2) return cut_panels(spec.shape[0], spec.shape[1], share);
  return cut(stored_elements(spec), kPad, share);
}

}  // namespace

template <class T>
void bind(Binding<T>& binding, const Penalize& op, Steps& steps) {
  struct Part {
    PenaltyArgs<T> args;  // of the whole variable
    int64_t blocks, first;
  };
  std::vector<Part> parts;
  int64_t blocks = 0;
  for (const Penalize::Term& term : op.terms) {
    const int64_t size = stored_elements(binding.variables.spec(term.w));
    T* dw = op.differentiates ? binding.grad(term.w) : nullptr;
    parts.push_back(
        {{binding.param(term.w), dw, size, term.l1, term.l2, nullptr}, (size + kSumBlock - 1) / kSumBlock, blocks});
    blocks += parts.back().blocks;
  }
  const auto sums = std::make_shared<std::vector<double>>(blocks);
  const auto add = [parts, sums, penalty = binding.kernels.penalty](const StepInput&, Share share) {
    for (const Part& part : parts) {
      const Range own = cut(part.blocks, 1, share);
      for (int64_t block = own.begin; block < own.end; ++block) {
        PenaltyArgs<T> args = part.args;
        const int64_t from = block * kSumBlock;
        args.w += from;
        args.dw = args.dw == nullptr ? nullptr : args.dw + from;
        args.size = std::min(kSumBlock, args.size - from);
        args.sum = sums->data() + part.first + block;
        penalty(args);
      }
    }
  };
  const Access writes_sums = {sums->data(), sums->data() + blocks, true};
  BoundStep step = {add, {writes_sums}};
  for (const Part& part : parts) {
    step.accesses.push_back({part.args.w, part.args.w + part.args.size, false});
    if (op.differentiates) step.accesses.push_back({part.args.dw, part.args.dw + part.args.size, true});
  }
  steps.push_back(std::move(step));
  const auto total = [sums](const StepInput& in, Share) {
    double sum = 0.0;
    for (const double block : *sums) sum += block;
    in.totals[0] += sum * static_cast<double>(in.rows);
  };
  steps.push_back({total, {writes_sums}, true});
}

template <class T>
void bind(Binding<T>& binding, const Update& op, Steps& steps) {
  Variables& variables = binding.variables;
  UpdateArgs<T> args = {};
  args.w = variables.params().template as<T>();
  args.dw = variables.grads().template as<T>();
  args.hyper = op.hyperparameters.data();
  BARDANA_ASSERT(variables.slot_count() == optimizer_info(op.formula).slots);
  for (int s = 0; s < variables.slot_count(); ++s) args.slots[s] = variables.slot(s).template as<T>();
  const auto run = [&binding, args, kernel = binding.kernels.update[op.formula],
                    rate = optimizer_info(op.formula).rate](const StepInput& in, Share share) {
    UpdateArgs<T> step = args;
    step.rate = rate(in.learning_rate, args.hyper, static_cast<double>(in.step));
    const auto update = [&](Range elements) {
      step.w = args.w + elements.begin;
      step.dw = args.dw + elements.begin;
      for (int s = 0; s < kMaxSlots; ++s)
        step.slots[s] = args.slots[s] == nullptr ? nullptr : args.slots[s] + elements.begin;
      step.size = elements.size();
      if (step.size > 0) kernel(step);
    };
    Variables& all = binding.variables;
    if (share.size == 1) return update({0, all.trainable_elements()});
    for (VariableId id = 0; id < all.count(); ++id) {
      if (!all.spec(id).trainable) continue;
      const Range own = own_elements(all.spec(id), share);
      update({all.offset(id) + own.begin, all.offset(id) + own.end});
    }
  };
  BoundStep step = {run, {}};
  const int64_t size = variables.trainable_elements();
  step.accesses = {{args.w, args.w + size, true}, {args.dw, args.dw + size, false}};
  steps.push_back(std::move(step));
}

namespace {

/// One variable under a constraint: what the kernels need, and how its groups lie in memory.
template <class T>
struct Constrained {
  T* w;
  Constrain::Rule rule;
  bool panels;  // stored in column panels: outer · reduced rows of `inner` columns, or outer rows of `reduced`
  int64_t stored;
  const Kernels<T>* kernels;

  void run(Share share) const {
    if (!constraints()[static_cast<size_t>(rule.formula)].wants_norm) return whole(cut(stored, kPad, share));
    if (rule.outer == 1 && rule.inner == 1) {
      if (share.rank == 0) whole({0, stored});
    } else if (!panels) {
      for_each_group(cut(rule.outer, 1, share));
    } else if (rule.inner == 1) {
      panel_rows(cut(rule.outer, 8, share));
    } else {
      panel_columns(cut(padded(rule.inner), kPad, share));
    }
  }

 private:
  void columns(T* first, int64_t step, int64_t count) const {
    kernels->constrain_columns[rule.formula]({first, step, rule.reduced, count, rule.parameters.data()});
  }
  void runs(T* first, int64_t many, int64_t step, T* last, int64_t last_size) const {
    kernels->constrain_runs[rule.formula]({first, many, step, last, last_size, rule.parameters.data()});
  }

  /// Stored elements as one group.
  void whole(Range range) const {
    if (!range.empty()) runs(nullptr, 0, 0, w + range.begin, range.size());
  }
  /// Numbers in C order.
  void for_each_group(Range outer) const {
    for (int64_t o = outer.begin; o < outer.end; ++o) {
      T* first = w + o * rule.reduced * rule.inner;
      if (rule.inner == 1) {
        runs(nullptr, 0, 0, first, rule.reduced);
      } else {
        columns(first, rule.inner, rule.inner);
      }
    }
  }
  void panel_columns(Range range) const {
    for (int64_t first = range.begin, end = 0; first < range.end; first = end) {
      const int64_t panel = first / kPanel * kPanel;
      end = std::min(range.end, panel + kPanel);
      columns(w + panel_offset(rule.reduced, rule.inner, 0, first), panel_width(rule.inner, panel), end - first);
    }
  }
  void panel_rows(Range range) const {
    const int64_t full = rule.reduced / kPanel, rest = padded(rule.reduced % kPanel);
    for (int64_t row = range.begin; row < range.end; ++row) {
      runs(w + row * kPanel, full, rule.outer * kPanel, w + full * kPanel * rule.outer + row * rest, rest);
    }
  }
};

}  // namespace

template <class T>
void bind(Binding<T>& binding, const Constrain& op, Steps& steps) {
  std::vector<Constrained<T>> all;
  BoundStep step;
  for (const Constrain::Rule& rule : op.rules) {
    const VariableSpec& spec = binding.variables.spec(rule.w);
    all.push_back({binding.param(rule.w), rule, spec.shape.size() == 2, stored_elements(spec), &binding.kernels});
    step.accesses.push_back(binding.of_variable(all.back().w, rule.w, true));
  }
  step.run = [all](const StepInput&, Share share) {
    for (const Constrained<T>& one : all) one.run(share);
  };
  steps.push_back(std::move(step));
}

BARDANA_INSTANTIATE_BIND(Penalize);
BARDANA_INSTANTIATE_BIND(Update);
BARDANA_INSTANTIATE_BIND(Constrain);

}  // namespace bardana::cpu
