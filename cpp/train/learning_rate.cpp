#include "train/learning_rate.h"

#include <algorithm>
#include <cmath>

#include "common/check.h"
#include "plan/registry.h"

namespace bardana {
namespace {

class PiecewiseConstantDecay : public LearningRate {
 public:
  explicit PiecewiseConstantDecay(const ScheduleSpec& spec) : values_(spec.values) {
    if (values_.size() != spec.boundaries.size() + 1 || values_.size() < 2) {
      fail("piecewise_constant_decay: expected one boundary or more and one value more than boundaries, received ",
           spec.boundaries.size(), " and ", values_.size());
    }
    for (const double boundary : spec.boundaries) boundaries_.push_back(std::trunc(boundary));
  }
  double at(int64_t iterations) override {
    const auto reached = std::ranges::lower_bound(boundaries_, static_cast<double>(iterations));
    return static_cast<float>(values_[static_cast<size_t>(reached - boundaries_.begin())]);
  }

 private:
  std::vector<double> boundaries_, values_;
};

template <class Formula>
class FormulaSchedule : public LearningRate {
 public:
  explicit FormulaSchedule(std::vector<double> parameters) : parameters_(std::move(parameters)) {}
  double at(int64_t iterations) override { return Formula::value(static_cast<float>(iterations), parameters_.data()); }

 private:
  std::vector<double> parameters_;
};

}  // namespace

std::unique_ptr<LearningRate> make_schedule(const ScheduleSpec& spec) {
  if (spec.name == "piecewise_constant_decay") return std::make_unique<PiecewiseConstantDecay>(spec);
  std::unique_ptr<LearningRate> schedule;
  for_each_formula(Schedules{}, [&](auto formula, int) {
    using Formula = decltype(formula);
    if (spec.name != Formula::name) return;
    const auto& list = Formula::parameters.list;
    const FormulaInfo info = {Formula::name, std::vector<Parameter>(list, list + Formula::parameters.count)};
    schedule = std::make_unique<FormulaSchedule<Formula>>(bind_parameters(info, spec.parameters));
  });
  if (!schedule) fail("expected the name of a schedule, received '", spec.name, "'");
  return schedule;
}

std::vector<std::string> schedule_names() {
  std::vector<std::string> names = {"piecewise_constant_decay"};
  for_each_formula(Schedules{}, [&](auto formula, int) { names.emplace_back(formula.name); });
  return names;
}

}  // namespace bardana
