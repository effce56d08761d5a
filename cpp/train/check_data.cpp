#include "train/check_data.h"

#include <cmath>

namespace bardana {
namespace {

std::string display_name(const LossInfo& info) {
  const std::string suffix = "_logits";
  return info.name.ends_with(suffix) ? info.name.substr(0, info.name.size() - suffix.size()) : info.name;
}

void check_objective(const Network& network, const Objective& objective, const Source& y) {
  const LossInfo& info = losses()[static_cast<size_t>(objective.formula)];
  const int64_t expected = info.labels ? network.groups() : network.groups() * network.classes();
  if (y.row_elements != expected) {
    fail(display_name(info), ": expected ", expected, info.labels ? " class number(s)" : " target value(s)",
         " per row for a model with output shape ", to_batch_string(network.output_shape), ", received ",
         y.row_elements);
  }
  if (info.labels) {
    check_labels(info, y, network.classes(), objective.parameters.empty() ? std::nan("") : objective.parameters[0]);
  }
}

}  // namespace

void check_labels(const LossInfo& info, const Source& labels, int64_t classes, double ignored) {
  visit_elements(labels, [&](const auto* values) {
    for (int64_t i = 0; i < labels.rows * labels.row_elements; ++i) {
      const auto label = static_cast<double>(values[i]);
      if (label == ignored || (label > -1.0 && label < static_cast<double>(classes))) continue;
      fail(display_name(info), ": expected class numbers from 0 to ", classes - 1, " (the model's output has ", classes,
           classes == 1 ? " class" : " classes", "), received ", +values[i], " in row ", i / labels.row_elements);
    }
  });
}

void check_input(const Network& network, const Source& x) {
  if (x.row_elements != size_of(network.input_shape)) {
    fail("model '", network.name, "': expected inputs of shape ", to_batch_string(network.input_shape),
         ", received rows of ", x.row_elements, " elements");
  }
}

void check_targets(const Network& network, const Objectives& objectives, const Source& x, const Source& y,
                   const Source& weight) {
  check_input(network, x);
  if (y.rows != x.rows) fail("expected as many targets as inputs (", x.rows, "), received ", y.rows);
  if (weight.data != nullptr && (weight.rows != x.rows || weight.row_elements != 1)) {
    fail("expected one sample weight per row (", x.rows, "), received ", weight.rows, " rows of ", weight.row_elements);
  }
  if (objectives.loss) check_objective(network, *objectives.loss, y);
  for (const Objective& metric : objectives.metrics) check_objective(network, metric, y);
}

}  // namespace bardana
