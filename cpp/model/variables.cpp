#include "model/variables.h"

#include <cstring>

#include "math/formulas.h"

namespace bardana {
namespace {

bool is_matrix(const VariableSpec& spec) { return spec.shape.size() == 2; }

int64_t stored_size(const VariableSpec& spec) {
  return padded(is_matrix(spec) ? panels_size(spec.shape[0], spec.shape[1]) : size_of(spec.shape));
}

/// Calls copy(stored offset, logical offset, elements) for every run that is contiguous in both orders.
template <class Copy>
void for_each_run(const VariableSpec& spec, Copy copy) {
  if (!is_matrix(spec)) return copy(0, 0, size_of(spec.shape));
  const int64_t rows = spec.shape[0], cols = spec.shape[1];
  for (int64_t first = 0; first < cols; first += kPanel) {
    const int64_t run = std::min<int64_t>(kPanel, cols - first);
    for (int64_t row = 0; row < rows; ++row) copy(panel_offset(rows, cols, row, first), row * cols + first, run);
  }
}

}  // namespace

Variables::Variables(DType dtype, std::vector<VariableSpec> specs)
    : dtype_(dtype), specs_(std::move(specs)), offsets_(specs_.size()) {
  int64_t elements = 0;
  for (const bool trainable : {true, false}) {
    for (size_t id = 0; id < specs_.size(); ++id) {
      if (specs_[id].trainable != trainable) continue;
      offsets_[id] = elements;
      elements += stored_size(specs_[id]);
    }
    if (trainable) trainable_elements_ = elements;
  }
  params_ = Memory(elements * bytes_of(dtype_));
  grads_ = Memory(trainable_elements_ * bytes_of(dtype_));
}

void Variables::reset_slots(const std::vector<double>& values) {
  slots_.clear();
  for (const double value : values) {
    Memory& slot = slots_.emplace_back(trainable_elements_ * bytes_of(dtype_));
    if (value == 0.0) continue;
    if (dtype_ == DType::float32) {
      std::fill_n(slot.as<float>(), trainable_elements_, static_cast<float>(value));
    } else {
      std::fill_n(slot.as<double>(), trainable_elements_, value);
    }
  }
}

int64_t Variables::stored_elements(int id) const { return stored_size(spec(id)); }

void Variables::clear_padding(Memory& buffer, int id) const {
  const Shape& shape = spec(id).shape;
  const int64_t bytes = bytes_of(dtype_), rows = is_matrix(spec(id)) ? shape[0] : 1;
  const int64_t cols = is_matrix(spec(id)) ? shape[1] : size_of(shape);
  const int64_t panel = is_matrix(spec(id)) ? cols / kPanel * kPanel : 0, used = cols - panel;
  std::byte* first = buffer.data() + (offset(id) + panel * rows) * bytes;
  for (int64_t row = 0; row < rows && used < padded(used); ++row) {
    std::memset(first + (row * padded(used) + used) * bytes, 0, static_cast<size_t>((padded(used) - used) * bytes));
  }
}

void Variables::read(const Memory& buffer, int id, void* values) const {
  const int64_t bytes = bytes_of(dtype_);
  const std::byte* from = buffer.data() + offset(id) * bytes;
  for_each_run(spec(id), [&](int64_t stored, int64_t logical, int64_t run) {
    std::memcpy(static_cast<std::byte*>(values) + logical * bytes, from + stored * bytes,
                static_cast<size_t>(run * bytes));
  });
}

void Variables::write(Memory& buffer, int id, const void* values) const {
  const int64_t bytes = bytes_of(dtype_);
  std::byte* to = buffer.data() + offset(id) * bytes;
  std::memset(to, 0, static_cast<size_t>(stored_elements(id) * bytes));  // a NaN may have spread into the padding
  for_each_run(spec(id), [&](int64_t stored, int64_t logical, int64_t run) {
    std::memcpy(to + stored * bytes, static_cast<const std::byte*>(values) + logical * bytes,
                static_cast<size_t>(run * bytes));
  });
}

}  // namespace bardana
