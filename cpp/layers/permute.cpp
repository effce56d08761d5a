#include "layers/permute.h"

#include <algorithm>
#include <numeric>

namespace bardana {

Shape permuted(const Shape& input, const Shape& order) {
  Shape output;
  for (const int64_t axis : order) output.push_back(input[static_cast<size_t>(axis)]);
  return output;
}

Shape inverse_order(const Shape& order) {
  Shape inverse(order.size());
  for (size_t i = 0; i < order.size(); ++i) inverse[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  return inverse;
}

Lowered lower_permute(Builder& plan, const Flow& x, const Shape& order) {
  const Shape shape = permuted(x.shape, order);
  const auto add = [](Builder& b, TensorId from, const Shape& sizes, const Shape& axes) {
    const Shape to = permuted(sizes, axes);
    const int64_t last = to.empty() ? 1 : to.back();
    const TensorId y = b.batch(size_of(to) / last, last);
    b.add(Permute{from, y, sizes, axes});
    return y;
  };
  const TensorId y = add(plan, x.id, x.shape, order);
  return {{y, shape, true}, [add, shape, inverse = inverse_order(order)](Builder& b, TensorId dy, bool) {
            return add(b, dy, shape, inverse);
          }};
}

PermuteLayer::PermuteLayer(ConfigReader& config) : Layer(config) {
  for (const int64_t axis : config.shape("dims")) order_.push_back(axis - 1);
  Shape sorted = order_, all(order_.size());
  std::ranges::sort(sorted);
  std::iota(all.begin(), all.end(), 0);
  if (sorted != all) {
    fail(config.owner(), ": expected dims to hold each axis from 1 to ", order_.size(), " once, received ",
         to_string(config.shape("dims")));
  }
}

Shape PermuteLayer::output_shape(const Shape& input) const {
  if (input.size() != order_.size()) {
    fail("Permute layer '", name(), "': expected inputs with ", order_.size() + 1, " axes, received shape ",
         to_batch_string(input));
  }
  return permuted(input, order_);
}

}  // namespace bardana
