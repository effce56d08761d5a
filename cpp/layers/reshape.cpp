#include "layers/reshape.h"

#include <algorithm>

namespace bardana {

Flatten::Flatten(ConfigReader& config) : ViewLayer(config) {
  // channels_first would reorder axes; dense inputs have no channels.
  if (const std::string format = config.text("data_format"); format != "channels_last") {
    fail(config.owner(), ": expected data_format 'channels_last', received '", format, "'");
  }
}

Reshape::Reshape(ConfigReader& config) : ViewLayer(config), target_(config.shape("target_shape")) {
  const bool sizes = std::all_of(target_.begin(), target_.end(), [](int64_t axis) { return axis > 0 || axis == -1; });
  if (!sizes || std::count(target_.begin(), target_.end(), -1) > 1) {
    fail(config.owner(), ": expected a target_shape of positive sizes and at most one -1, received ",
         to_string(target_));
  }
}

Shape Reshape::output_shape(const Shape& input) const {
  Shape output = target_;
  const int64_t total = size_of(input);
  const auto unknown = std::find(output.begin(), output.end(), -1);
  if (unknown != output.end()) {
    const int64_t known = -size_of(output);
    *unknown = known > 0 ? total / known : 0;
  }
  if (size_of(output) != total) {
    fail("Reshape layer '", name(), "': cannot reshape inputs of shape ", to_batch_string(input), " (", total,
         " elements) into target_shape ", to_string(target_));
  }
  return output;
}

}  // namespace bardana
