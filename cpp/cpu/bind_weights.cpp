// Steps on the stored weights: penalties before the update, the update, constraints after it.
#include <cmath>

#include "cpu/binding.h"
#include "plan/registry.h"

namespace bardana::cpu {
namespace {

/// The elements whose gradient this thread has computed.
Range own_elements(const VariableSpec& spec, Share share) {
  if (spec.shape.size() == 2) return cut_panels(spec.shape[0], spec.shape[1], share);
  return cut(padded(size_of(spec.shape)), kPad, share);
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
    const int64_t size = binding.variables.stored_elements(term.w);
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

namespace {

/// What the update of one range of elements needs besides the gradients.
template <class T>
struct Rule {
  UpdateArgs<T> args = {};  // of the whole buffers
  void (*kernel)(const UpdateArgs<T>&);
  void (*step_numbers)(double*, double, const double*, double);

  Rule(Binding<T>& binding, const Update& op)
      : kernel(binding.kernels.update[op.formula]), step_numbers(optimizer_info(op.formula).step_numbers) {
    Variables& variables = binding.variables;
    const int slots = optimizer_info(op.formula).slots;
    BARDANA_ASSERT(variables.slot_count() == slots + (op.accumulation_steps > 1) + op.averages);
    args.w = variables.params().template as<T>();
    args.dw = variables.grads().template as<T>();
    args.hyper = op.hyperparameters.data();
    for (int s = 0; s < slots; ++s) args.slots[s] = variables.slot(s).template as<T>();
  }

  UpdateArgs<T> at_step(double learning_rate, int64_t t) const {
    UpdateArgs<T> step = args;
    step_numbers(step.numbers, learning_rate, args.hyper, static_cast<double>(t));
    return step;
  }
  void run(UpdateArgs<T> step, Range elements) const {
    step.w = args.w + elements.begin;
    step.dw = args.dw + elements.begin;
    for (int s = 0; s < kMaxSlots; ++s)
      step.slots[s] = args.slots[s] == nullptr ? nullptr : args.slots[s] + elements.begin;
    step.size = elements.size();
    if (step.size > 0) kernel(step);
  }
};

template <class T>
void bind_plain(Binding<T>& binding, const Update& op, Steps& steps) {
  const Rule<T> rule(binding, op);
  const auto run = [&variables = binding.variables, rule](const StepInput& in, Share share) {
    const UpdateArgs<T> step = rule.at_step(in.learning_rate, in.step);
    if (share.size == 1) return rule.run(step, {0, variables.trainable_elements()});
    for (VariableId id = 0; id < variables.count(); ++id) {
      if (!variables.spec(id).trainable) continue;
      const Range own = own_elements(variables.spec(id), share);
      rule.run(step, {variables.offset(id) + own.begin, variables.offset(id) + own.end});
    }
  };
  BoundStep step = {run, {}};
  const int64_t size = binding.variables.trainable_elements();
  step.accesses = {{rule.args.w, rule.args.w + size, true}, {rule.args.dw, rule.args.dw + size, false}};
  steps.push_back(std::move(step));
}

/// An update with options, in up to three steps: gradients are accumulated and squared block by block, one thread makes
/// factors of the sums, and a pass over the buffers does the rest, a block at a time while it is in the cache.
template <class T>
struct OptionalUpdate {
  OptionalUpdate(Binding<T>& binding, const Update& update)
      : rule(binding, update), op(update), variables(binding.variables), kernels(binding.kernels) {
    int slot = optimizer_info(op.formula).slots;
    dw = variables.grads().template as<T>();
    if (op.accumulation_steps > 1) sum = variables.slot(slot++).template as<T>();
    if (op.averages) average = variables.slot(slot).template as<T>();
    for (VariableId id = 0; id < variables.count(); ++id) {
      if (variables.spec(id).trainable) trainable.push_back(id);
      first_block.push_back(blocks);
      if (variables.spec(id).trainable) blocks += (variables.stored_elements(id) + kSumBlock - 1) / kSumBlock;
    }
    first_block.push_back(blocks);
    squares.resize(static_cast<size_t>(blocks));
    factors.assign(static_cast<size_t>(variables.count()), 1.0);
  }

  bool clips_norms() const { return op.clip == Update::Clip::norm || op.clip == Update::Clip::global_norm; }
  bool has_first_pass() const { return sum != nullptr || op.loss_scale != 1.0 || clips_norms(); }
  bool is_last(const StepInput& in) const { return in.step % op.accumulation_steps == 0; }

  void first_pass(const StepInput& in, Share share) {
    for (const VariableId id : trainable) {
      const Range own = cut(blocks_of(id), 1, share);
      for (int64_t block = own.begin; block < own.end; ++block) {
        const int64_t from = block * kSumBlock, at = variables.offset(id) + from;
        kernels.accumulate({dw + at, sum == nullptr ? nullptr : sum + at,
                            std::min(kSumBlock, variables.stored_elements(id) - from), op.loss_scale,
                            op.accumulation_steps, is_last(in), squares.data() + first_block[size_t(id)] + block});
      }
    }
  }

  void make_factors(const StepInput& in) {
    if (!is_last(in)) return;
    double all = 0.0;
    for (const VariableId id : trainable) {
      double own = 0.0;
      for (int64_t i = first_block[size_t(id)]; i < first_block[size_t(id) + 1]; ++i) own += squares[size_t(i)];
      const double norm = std::sqrt(own);
      factors[size_t(id)] = op.clip_at / (norm <= op.clip_at ? op.clip_at : norm);
      all += own;
    }
    if (op.clip != Update::Clip::global_norm) return;
    const double norm = std::sqrt(all), nothing = norm - norm;  // NaN where the norm is not finite
    const double factor = op.clip_at * std::min(1.0 / norm, 1.0 / op.clip_at) + nothing;
    factors.assign(factors.size(), factor);
  }

  void second_pass(const StepInput& in, Share share) const {
    constexpr int64_t kBlock = 2048;
    const int64_t updates = (in.step - 1) / op.accumulation_steps;  // before this step
    const UpdateArgs<T> numbers = rule.at_step(in.learning_rate, updates + 1);
    for (const VariableId id : trainable) {
      const Range own = own_elements(variables.spec(id), share);
      const int64_t offset = variables.offset(id);
      for (int64_t at = own.begin; at < own.end; at += kBlock) {
        const Range block = {offset + at, offset + std::min(own.end, at + kBlock)};
        if (is_last(in)) update(numbers, id, block, in.learning_rate);
        if (average != nullptr) keep_average(block, updates);
      }
    }
  }

 private:
  int64_t blocks_of(VariableId id) const { return first_block[size_t(id) + 1] - first_block[size_t(id)]; }

  void update(const UpdateArgs<T>& numbers, VariableId id, Range block, double learning_rate) const {
    const double factor = factors[size_t(id)], limit = op.clip == Update::Clip::value ? op.clip_at : 0.0;
    if (factor != 1.0 || limit > 0.0) kernels.clip({dw + block.begin, block.size(), factor, limit});
    if (!op.decay.empty() && op.decay[size_t(id)] != 0.0)
      kernels.decay({rule.args.w + block.begin, block.size(), op.decay[size_t(id)] * learning_rate});
    rule.run(numbers, block);
  }

  /// At the first update the average is the weights themselves.
  void keep_average(Range block, int64_t updates) const {
    const bool overwrites = op.overwrite_frequency > 0 && (updates + 1) % op.overwrite_frequency == 0;
    kernels.average({average + block.begin, rule.args.w + block.begin, block.size(),
                     updates == 0 ? 0.0 : op.average_momentum, overwrites});
  }

 public:
  Rule<T> rule;
  Update op;
  Variables& variables;
  const Kernels<T>& kernels;
  T* dw;
  T *sum = nullptr, *average = nullptr;
  std::vector<VariableId> trainable;
  std::vector<int64_t> first_block;  // by variable
  int64_t blocks = 0;
  std::vector<double> squares;  // by block
  std::vector<double> factors;  // by variable
};

template <class T>
void bind_optional(Binding<T>& binding, const Update& op, Steps& steps) {
  const auto all = std::make_shared<OptionalUpdate<T>>(binding, op);
  const int64_t size = binding.variables.trainable_elements();
  const auto buffer = [size](const T* first, bool writes) {
    return Access{first, first == nullptr ? nullptr : first + size, writes};
  };
  const auto list = [](const std::vector<double>& numbers, bool writes) {
    return Access{numbers.data(), numbers.data() + numbers.size(), writes};
  };
  const T *w = all->rule.args.w, *dw = all->rule.args.dw;
  if (all->has_first_pass()) {
    steps.push_back({[all](const StepInput& in, Share share) { all->first_pass(in, share); },
                     {buffer(dw, true), buffer(all->sum, true), list(all->squares, true)}});
  }
  if (all->clips_norms()) {
    steps.push_back({[all](const StepInput& in, Share) { all->make_factors(in); },
                     {list(all->squares, false), list(all->factors, true)},
                     true});
  }
  steps.push_back({[all](const StepInput& in, Share share) { all->second_pass(in, share); },
                   {buffer(w, true), buffer(dw, true), buffer(all->average, true), list(all->factors, false)}});
}

/// Whether the update of zeros by zeros may be NaN: a denominator without ε.
bool may_spoil_padding(const Update& op) {
  const OptimizerInfo& info = optimizer_info(op.formula);
  if (info.name.starts_with("ftrl")) return true;
  for (size_t i = 0; i < info.parameters.size(); ++i) {
    if (std::string(info.parameters[i].name) == "epsilon" && op.hyperparameters[i] == 0.0) return true;
  }
  return false;
}

}  // namespace

template <class T>
void bind(Binding<T>& binding, const Update& op, Steps& steps) {
  if (op.is_plain()) {
    bind_plain(binding, op, steps);
  } else {
    bind_optional(binding, op, steps);
  }
  if (!may_spoil_padding(op)) return;
  Variables& variables = binding.variables;
  const auto clear = [&variables](const StepInput&, Share) {
    for (VariableId id = 0; id < variables.count(); ++id) variables.clear_padding(variables.params(), id);
  };
  const T* w = variables.params().template as<T>();
  steps.push_back({clear, {{w, w + variables.trainable_elements(), true}}, true});
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
    all.push_back({binding.param(rule.w), rule, spec.shape.size() == 2, binding.variables.stored_elements(rule.w),
                   &binding.kernels});
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
