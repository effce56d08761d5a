#include "plan/registry.h"

#include "common/check.h"

namespace bardana {
namespace {

template <class Formula>
FormulaInfo describe(Formula) {
  const auto& list = Formula::parameters.list;
  return {Formula::name, std::vector<Parameter>(list, list + Formula::parameters.count)};
}

std::vector<ActivationInfo> list_activations() {
  std::vector<ActivationInfo> infos;
  for_each_formula(Activations{}, [&](auto formula, int) { infos.push_back({describe(formula), formula.saves}); });
  return infos;
}

/// Elementwise formulas first, then kRowLosses: the order of LossKernels (cpu/kernels/all.inl).
std::vector<LossInfo> list_losses() {
  std::vector<LossInfo> infos;
  for_each_formula(ElementwiseLosses{}, [&](auto formula, int) {
    using Formula = decltype(formula);
    infos.push_back(
        {describe(formula), false, formula.differentiable, false, kHinges<Formula>, behind_of<Formula>(), -1});
  });
  for (const RowLoss& row : kRowLosses) {
    const Parameter* list = row.parameters.list;
    FormulaInfo formula = {row.name, std::vector<Parameter>(list, list + row.parameter_count)};
    infos.push_back({std::move(formula), row.labels, row.differentiable, row.probabilities, false, row.behind, -1});
  }
  for (LossInfo& info : infos) {
    for (size_t i = 0; i < infos.size(); ++i) {
      if (infos[i].name == info.name + kLogitsSuffix) info.from_logits = static_cast<int>(i);
    }
  }
  return infos;
}

std::vector<FormulaInfo> list_tallies() {
  std::vector<FormulaInfo> infos;
  for (const TallyFormula& tally : kTallies) {
    const Parameter* list = tally.parameters.list;
    infos.push_back({tally.name, std::vector<Parameter>(list, list + tally.parameter_count)});
  }
  return infos;
}

std::vector<OptimizerInfo> list_optimizers() {
  std::vector<OptimizerInfo> infos;
  for_each_formula(Optimizers{}, [&](auto formula, int) {
    using Formula = decltype(formula);
    const auto initial = [](int slot, const double* h) { return Formula::initial(slot, h); };
    const auto step_numbers = [](double* s, double learning_rate, const double* h, double t) {
      Formula::step_numbers(s, learning_rate, h, t);
    };
    infos.push_back({describe(formula), formula.slots, initial, step_numbers});
  });
  return infos;
}

std::vector<ConstraintInfo> list_constraints() {
  std::vector<ConstraintInfo> infos;
  for_each_formula(Constraints{}, [&](auto formula, int) { infos.push_back({describe(formula), formula.wants_norm}); });
  return infos;
}

template <class Info>
int find(const std::vector<Info>& infos, const char* kind, const std::string& name) {
  std::string known;
  for (size_t i = 0; i < infos.size(); ++i) {
    if (infos[i].name == name) return static_cast<int>(i);
    known += (i ? ", " : "") + infos[i].name;
  }
  fail("expected ", kind, " among ", known, "; received '", name, "'");
}

}  // namespace

const std::vector<ActivationInfo>& activations() {
  static const std::vector<ActivationInfo> infos = list_activations();
  return infos;
}

const std::vector<LossInfo>& losses() {
  static const std::vector<LossInfo> infos = list_losses();
  return infos;
}

const std::vector<FormulaInfo>& tallies() {
  static const std::vector<FormulaInfo> infos = list_tallies();
  return infos;
}

const std::vector<OptimizerInfo>& optimizers() {
  static const std::vector<OptimizerInfo> infos = list_optimizers();
  return infos;
}

const std::vector<ConstraintInfo>& constraints() {
  static const std::vector<ConstraintInfo> infos = list_constraints();
  return infos;
}

std::string LossInfo::display_name() const {
  return takes_logits() ? name.substr(0, name.size() - kLogitsSuffix.size()) : name;
}

std::optional<RowActivation> find_row_activation(const std::string& name) {
  for (size_t i = 0; i < kRowActivations.size(); ++i) {
    if (name == kRowActivations[i]) return static_cast<RowActivation>(i);
  }
  return std::nullopt;
}

int find_activation(const std::string& name) { return find(activations(), "an activation", name); }
int find_loss(const std::string& name) { return find(losses(), "a loss or metric", name); }
int find_optimizer(const std::string& name) { return find(optimizers(), "an optimizer", name); }
int find_constraint(const std::string& name) { return find(constraints(), "a constraint", name); }

int find_tally(const std::string& name) {
  for (size_t i = 0; i < tallies().size(); ++i) {
    if (tallies()[i].name == name) return static_cast<int>(i);
  }
  return kNoTally;
}

std::vector<double> bind_parameters(const FormulaInfo& formula, const std::map<std::string, double>& given) {
  std::vector<double> values;
  size_t used = 0;
  for (const Parameter& parameter : formula.parameters) {
    const auto found = given.find(parameter.name);
    values.push_back(found == given.end() ? parameter.value : found->second);
    used += found != given.end();
  }
  if (used != given.size()) {
    for (const auto& [name, value] : given) {
      bool known = false;
      for (const Parameter& parameter : formula.parameters) known = known || name == parameter.name;
      if (!known) fail(formula.name, ": unknown parameter '", name, "'");
    }
  }
  return values;
}

}  // namespace bardana
