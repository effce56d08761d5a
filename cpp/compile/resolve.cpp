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

Objective resolve_objective(const ObjectiveSpec& spec) {
  Objective objective;
  objective.formula = find_loss(spec.function + (spec.from_logits ? "_logits" : ""));
  objective.parameters = bind_parameters(loss_info(objective.formula), spec.parameters);
  if (const auto ignored = spec.parameters.find("ignore_class"); ignored != spec.parameters.end()) {
    if (std::abs(ignored->second) > std::numeric_limits<int32_t>::max()) {
      fail(spec.function, ": expected an ignore_class of 32 bits, received ", ignored->second);
    }
  }
  return objective;
}

}  // namespace

Objectives resolve(const CompileSpec& spec) {
  Objectives objectives;
  if (spec.loss) {
    objectives.loss = resolve_objective(*spec.loss);
    objectives.loss->reduction = parse_reduction(spec.loss->reduction);
    objectives.loss->factor = spec.loss->factor;
    if (!loss_info(objectives.loss->formula).differentiable) {
      fail("expected a loss with a gradient, received the metric '", spec.loss->function, "'");
    }
  }
  for (const ObjectiveSpec& metric : spec.metrics) objectives.metrics.push_back(resolve_objective(metric));
  if (spec.optimizer) {
    objectives.optimizer = find_optimizer(spec.optimizer->name);
    objectives.hyperparameters = bind_parameters(optimizer_info(objectives.optimizer), spec.optimizer->hyperparameters);
  }
  return objectives;
}

}  // namespace bardana
