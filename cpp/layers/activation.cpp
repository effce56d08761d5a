#include "layers/activation.h"

#include <algorithm>

#include "layers/permute.h"
#include "plan/registry.h"

namespace bardana {
namespace {

Lowered lower_rows(Builder& plan, const Flow& x, RowActivation formula, int64_t width) {
  const TensorId input = plan.grouped(x.id, width);
  const TensorId y = plan.like(input);
  plan.add(Softmax{input, y, formula});
  return {{y, x.shape}, [y, formula](Builder& b, TensorId dy, bool) {
            const TensorId dx = b.like(y);
            b.add(SoftmaxBackward{y, b.grouped(dy, b.tensor(y).last), dx, formula});
            return dx;
          }};
}

/// The order of axes that moves some to the end.
Shape to_the_end(const Shape& axes, size_t rank) {
  Shape order;
  for (int64_t axis = 0; axis < static_cast<int64_t>(rank); ++axis) {
    if (std::ranges::find(axes, axis) == axes.end()) order.push_back(axis);
  }
  order.insert(order.end(), axes.begin(), axes.end());
  return order;
}

}  // namespace

ActivationFunction::ActivationFunction(ConfigReader& config) : owner_(config.owner()) {
  if (config.is_text("activation")) {
    read_name(config.text("activation"), {});
    return;
  }
  ConfigReader dict(concat(owner_, ", activation"), config.dict("activation"));
  std::map<std::string, double> parameters;
  ConfigReader numbers(dict.owner(), dict.dict("parameters"));
  for (const auto& [name, value] : dict.dict("parameters")) parameters[name] = numbers.number(name);
  axes_ = dict.shape("axes");
  read_name(dict.text("name"), parameters);
  dict.finish();
}

void ActivationFunction::read_name(const std::string& name, const std::map<std::string, double>& parameters) {
  try {
    rows_ = find_row_activation(name);
    if (rows_) {
      bind_parameters({name, {}}, parameters);
    } else {
      elementwise_.formula = find_activation(name);
      elementwise_.parameters = bind_parameters(activations()[static_cast<size_t>(elementwise_.formula)], parameters);
    }
  } catch (const std::invalid_argument& error) {
    fail(owner_, ": ", error.what());
  }
}

void ActivationFunction::check(const Shape& output) const {
  const auto rank = static_cast<int64_t>(output.size());
  for (const int64_t axis : axes_) {
    if (axis >= -rank && axis < rank) continue;
    fail(owner_, ": expected axes of the activation among the axes of ", to_batch_string(output), ", received axis ",
         axis < 0 ? axis : axis + 1);
  }
}

Lowered ActivationFunction::lower(Builder& plan, const Flow& x) const {
  if (!rows_) return lower_elementwise(plan, x);
  const auto rank = static_cast<int64_t>(x.shape.size());
  Shape axes;
  for (const int64_t axis : axes_) axes.push_back(axis < 0 ? axis + rank : axis);
  const bool last = axes.empty() || (axes.size() == 1 && axes[0] == rank - 1);
  if (last) return lower_rows(plan, x, *rows_, x.shape.empty() ? 1 : x.shape.back());
  const Shape order = to_the_end(axes, x.shape.size());
  int64_t width = 1;
  for (const int64_t axis : axes) width *= x.shape[static_cast<size_t>(axis)];
  const Lowered there = lower_permute(plan, x, order), y = lower_rows(plan, there.y, *rows_, width),
                back = lower_permute(plan, y.y, inverse_order(order));
  return {back.y, [there, y, back](Builder& b, TensorId dy, bool wants_dx) {
            return there.backward(b, y.backward(b, back.backward(b, dy, true), true), wants_dx);
          }};
}

Lowered ActivationFunction::lower_elementwise(Builder& plan, const Flow& x) const {
  if (elementwise_.formula == 0) return {x, [](Builder&, TensorId dy, bool) { return dy; }};
  const TensorId y = plan.like(x.id);
  plan.add(Activate{x.id, y, elementwise_});
  const bool saves_input = activations()[static_cast<size_t>(elementwise_.formula)].saves == Saves::input;
  const TensorId saved = saves_input ? x.id : y;
  return {{y, x.shape}, [saved, f = elementwise_](Builder& b, TensorId dy, bool) {
            const TensorId dx = b.like(saved);
            b.add(ActivateBackward{saved, b.grouped(dy, b.tensor(saved).last), dx, f});
            return dx;
          }};
}

ActivationLayer::ActivationLayer(ConfigReader& config) : Layer(config), function_(config) {}

Shape ActivationLayer::output_shape(const Shape& input) const {
  function_.check(input);
  return input;
}

}  // namespace bardana
