#include <algorithm>
#include <cmath>
#include <limits>

#include "compile/compile.h"

namespace bardana {
namespace {

Reduction parse_reduction(const std::string& name) {
  if (name == "sum_over_batch_size" || name == "mean") return Reduction::mean;
  if (name == "sum") return Reduction::sum;
  if (name == "mean_with_sample_weight") return Reduction::mean_with_sample_weight;
  fail("expected a loss with reduction 'sum_over_batch_size', 'mean', 'sum' or 'mean_with_sample_weight', received '",
       name, "'");
}

Objective resolve_tally(int formula, ObjectiveSpec spec) {
  Objective objective;
  objective.formula = formula;
  objective.is_tally = true;
  objective.weighted = spec.weighted;
  objective.from_logits = spec.from_logits;
  objective.parameters = bind_parameters(tallies()[static_cast<size_t>(formula)], spec.parameters);
  objective.thresholds = std::move(spec.lists["thresholds"]);
  objective.label_weights = std::move(spec.lists["label_weights"]);
  if (!std::is_sorted(objective.thresholds.begin(), objective.thresholds.end())) {
    fail(spec.function, ": expected thresholds in rising order");
  }
  return objective;
}

Objective resolve_host(const ObjectiveSpec& spec) {
  Objective objective;
  objective.host = spec.host;
  objective.host_state_size = spec.host_state_size;
  objective.weighted = spec.weighted;
  return objective;
}

void check_differentiable(const Objective& loss, const std::string& function) {
  if (loss.host || (!loss.is_tally && loss_info(loss.formula).differentiable)) return;
  fail("expected a loss with a gradient, received the metric '", function, "'");
}

}  // namespace

Objective resolve_objective(const ObjectiveSpec& spec) {
  if (spec.host) return resolve_host(spec);
  if (const int tally = find_tally(spec.function); tally != kNoTally) return resolve_tally(tally, spec);
  Objective objective;
  objective.weighted = spec.weighted;
  objective.formula = find_loss(spec.function + (spec.from_logits ? "_logits" : ""));
  objective.parameters = bind_parameters(loss_info(objective.formula), spec.parameters);
  if (const auto ignored = spec.parameters.find("ignore_class"); ignored != spec.parameters.end()) {
    if (std::abs(ignored->second) > std::numeric_limits<int32_t>::max()) {
      fail(spec.function, ": expected an ignore_class of 32 bits, received ", ignored->second);
    }
  }
  return objective;
}

Objectives resolve(const CompileSpec& spec) {
  Objectives objectives;
  if (spec.loss) {
    objectives.loss = resolve_objective(*spec.loss);
    check_differentiable(*objectives.loss, spec.loss->function);
    objectives.loss->reduction = parse_reduction(spec.loss->reduction);
    objectives.loss->factor = spec.loss->factor;
  }
  for (const ObjectiveSpec& metric : spec.metrics) objectives.metrics.push_back(resolve_objective(metric));
  if (spec.optimizer && spec.optimizer->host) {
    objectives.host_optimizer = spec.optimizer->host;
  } else if (spec.optimizer) {
    objectives.optimizer = find_optimizer(spec.optimizer->name);
    objectives.hyperparameters = bind_parameters(optimizer_info(objectives.optimizer), spec.optimizer->hyperparameters);
    objectives.options = spec.optimizer->options;
  }
  return objectives;
}

Update Objectives::update_of(size_t variables) const {
  Update op{optimizer, hyperparameters};
  if (options.weight_decay != 0.0) {
    for (size_t i = 0; i < variables; ++i) {
      op.decay.push_back(i < options.undecayed.size() && options.undecayed[i] ? 0.0 : options.weight_decay);
    }
  }
  const std::pair<Update::Clip, double> clips[] = {{Update::Clip::value, options.clipvalue},
                                                   {Update::Clip::norm, options.clipnorm},
                                                   {Update::Clip::global_norm, options.global_clipnorm}};
  for (const auto& [clip, at] : clips) {
    if (at > 0.0) op.clip = clip, op.clip_at = at;
  }
  op.accumulation_steps = options.accumulation_steps;
  op.averages = options.averages;
  op.average_momentum = options.average_momentum;
  op.overwrite_frequency = options.overwrite_frequency;
  return op;
}

std::vector<double> Objectives::initial_slots() const {
  if (host_optimizer) return {};
  const OptimizerInfo& info = optimizer_info(optimizer);
  std::vector<double> values;
  for (int slot = 0; slot < info.slots; ++slot) values.push_back(info.initial(slot, hyperparameters.data()));
  if (options.accumulation_steps > 1) values.push_back(0.0);
  if (options.averages) values.push_back(0.0);
  return values;
}

}  // namespace bardana
