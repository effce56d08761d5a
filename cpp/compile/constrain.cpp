// From the axes of a constraint to groups of weights in memory.
#include <algorithm>

#include "compile/compile.h"

namespace bardana {
namespace {

/// The axes counted from 0, in order.
std::vector<int64_t> checked_axes(const VariableSpec& spec) {
  std::vector<int64_t> axes = *spec.options.constraint->axes;
  const auto rank = static_cast<int64_t>(spec.shape.size());
  for (int64_t& axis : axes) {
    if (axis < -rank || axis >= rank) {
      fail("variable '", spec.name, "' of shape ", to_string(spec.shape), ": expected a constraint over its axes, ",
           "received axis ", axis);
    }
    if (axis < 0) axis += rank;
  }
  std::ranges::sort(axes);
  for (size_t i = 1; i < axes.size(); ++i) {
    if (axes[i] != axes[i - 1] + 1) {
      fail("variable '", spec.name, "': expected a constraint over neighbouring axes, received ", to_string(axes));
    }
  }
  return axes;
}

Constrain::Rule rule_of(VariableId id, const VariableSpec& spec) {
  const ConstraintSpec& constraint = *spec.options.constraint;
  Constrain::Rule rule{id, find_constraint(constraint.name), {}, 1, 1, 1};
  rule.parameters = bind_parameters(constraints()[static_cast<size_t>(rule.formula)], constraint.parameters);
  const std::vector<int64_t> axes = constraint.axes ? checked_axes(spec) : std::vector<int64_t>();
  for (size_t i = 0; i < spec.shape.size(); ++i) {
    const auto axis = static_cast<int64_t>(i);
    const bool everything = !constraint.axes;
    if (!everything && (axes.empty() || axis < axes.front())) {
      rule.outer *= spec.shape[i];
    } else if (everything || axis <= axes.back()) {
      rule.reduced *= spec.shape[i];
    } else {
      rule.inner *= spec.shape[i];
    }
  }
  return rule;
}

}  // namespace

Constrain constrain(const std::vector<VariableSpec>& variables) {
  Constrain op;
  for (size_t i = 0; i < variables.size(); ++i) {
    if (variables[i].trainable && variables[i].options.constraint) {
      op.rules.push_back(rule_of(static_cast<VariableId>(i), variables[i]));
    }
  }
  return op;
}

}  // namespace bardana
