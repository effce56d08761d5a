#include "train/check_data.h"

namespace bardana {
namespace {

/// A last axis of 1 may be there or not, as in Keras: (n,) for (n, 1).
Axes without_last_one(Axes shape) {
  return !shape.empty() && shape.back() == 1 ? shape.first(shape.size() - 1) : shape;
}

void check_tally_targets(const Network& network, const Source& y) {
  if (equal(without_last_one(y.row_shape), without_last_one(network.output_shape))) return;
  fail("metric: expected targets of shape ", to_batch_string(network.output_shape),
       ", as the model's output, received ", to_batch_string(y.row_shape));
}

void check_objective(const Network& network, const Objective& objective, const Source& y) {
  if (objective.host) return;  // which sees the targets as they are
  if (objective.is_tally) return check_tally_targets(network, y);
  const LossInfo& info = loss_info(objective.formula);
  Axes expected = network.output_shape;
  if (info.labels && !expected.empty()) expected = expected.first(expected.size() - 1);
  const bool fits = info.labels ? equal(y.row_shape, expected) || equal(without_last_one(y.row_shape), expected)
                                : equal(without_last_one(y.row_shape), without_last_one(expected));
  if (!fits) {
    fail(info.display_name(), ": expected targets of shape ", to_batch_string(expected),
         info.labels ? " (class numbers)" : "", " for a model with output shape ",
         to_batch_string(network.output_shape), ", received ", to_batch_string(y.row_shape));
  }
  if (info.labels && info.differentiable) check_labels(info, y, network.classes(), objective.parameters[0]);
}

}  // namespace

void check_labels(const LossInfo& info, const Source& labels, int64_t classes, double ignored) {
  visit_elements(labels, [&](const auto* values) {
    for (int64_t i = 0; i < labels.rows * labels.row_elements; ++i) {
      const auto label = static_cast<double>(values[i]);
      if (label == ignored || (label > -1.0 && label < static_cast<double>(classes))) continue;
      fail(info.display_name(), ": expected class numbers from 0 to ", classes - 1, " (the model's output has ",
           classes, classes == 1 ? " class" : " classes", "), received ", +values[i], " in row ",
           i / labels.row_elements);
    }
  });
}

template <class T>
void check_indices(const IndexRange& range, const Source& x) {
  visit_elements(x, [&](const auto* values) {
    for (int64_t i = 0; i < x.rows * x.row_elements; ++i) {
      const int32_t index = row_index<T>(values[i]);
      if (index >= range.least && index <= range.most) continue;
      fail(range.expected, ", received ", +values[i], " in row ", i / x.row_elements);
    }
  });
}

void check_input(const Network& network, const Source& x) {
  if (x.row_elements != size_of(network.input_shape)) {
    fail("model '", network.name, "': expected inputs of shape ", to_batch_string(network.input_shape),
         ", received rows of ", x.row_elements, " elements");
  }
  if (!network.indices) return;
  network.dtype == DType::float32 ? check_indices<float>(*network.indices, x)
                                  : check_indices<double>(*network.indices, x);
}

void check_targets(const Network& network, const Objectives& objectives, const Source& x, const Source& y,
                   const Source& weight) {
  check_input(network, x);
  if (y.rows != x.rows) fail("expected as many targets as inputs (", x.rows, "), received ", y.rows);
  if (weight.data != nullptr) {
    const bool fits = weight.row_elements == 1 || weight.row_elements == network.groups();
    if (weight.rows != x.rows || !fits) {
      fail("sample_weight: expected shape (", x.rows, ",)", network.groups() > 1 ? " or one weight per loss" : "",
           ", received ", weight.rows, " rows of shape ", to_string(weight.row_shape));
    }
  }
  if (objectives.loss) check_objective(network, *objectives.loss, y);
  for (const Objective& metric : objectives.metrics) check_objective(network, metric, y);
}

}  // namespace bardana
