// Metrics with a state of their own: how large it is, and of which predictions they can be taken.
#include <cmath>

#include "compile/compile.h"

namespace bardana {

int64_t Objective::state_size(int64_t columns) const {
  if (host) return host_state_size;
  if (!is_tally) return 2;
  if (formula == kSquares) return 1 + 4 * columns;
  if (formula == kClassCounts) return 4 * columns;
  const int64_t labels = parameters[kByLabel] != 0.0 ? columns : 1;
  return 2 * labels * (static_cast<int64_t>(thresholds.size()) + 1);
}

void check_tally(const Objective& tally, int64_t groups, int64_t columns) {
  const bool by_column = tally.formula != kThresholdCounts || tally.parameters[kByLabel] != 0.0;
  if (by_column && groups != 1) {
    fail("metric: expected predictions of shape (rows, columns), received ", groups, " groups of ", columns,
         " columns in a row");
  }
  if (!tally.label_weights.empty() && static_cast<int64_t>(tally.label_weights.size()) != columns) {
    fail("label_weights: expected ", columns, " numbers, one for each column, received ", tally.label_weights.size());
  }
  if (tally.formula != kThresholdCounts) return;
  if (tally.parameters[kTopKCount] > static_cast<double>(columns)) {
    fail("top_k: expected at most ", columns, ", the number of columns, received ", tally.parameters[kTopKCount]);
  }
  if (std::isnan(tally.parameters[kClassId])) return;
  const auto class_id = static_cast<int64_t>(tally.parameters[kClassId]);
  if (class_id >= columns || class_id < -columns) {
    fail("class_id: expected a column from 0 to ", columns - 1, ", received ", class_id);
  }
}

}  // namespace bardana
