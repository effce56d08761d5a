#include "model/variables.h"

#include <cstring>

#include "math/formulas.h"

namespace bardana {
namespace {

bool is_matrix(const VariableSpec& spec) { return spec.shape.size() == 2; }

int64_t stored_elements(const VariableSpec& spec) {
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
      elements += stored_elements(specs_[id]);
    }
    if (trainable) trainable_elements_ = elements;
  }
  params_ = Memory(elements * bytes_of(dtype_));
  grads_ = Memory(trainable_elements_ * bytes_of(dtype_));
}

void Variables::reset_slots(int slots) {
  slots_.clear();
  for (int s = 0; s < slots; ++s) slots_.emplace_back(trainable_elements_ * bytes_of(dtype_));
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
  std::memset(to, 0, static_cast<size_t>(stored_elements(spec(id)) * bytes));  // a NaN may have spread into the padding
  for_each_run(spec(id), [&](int64_t stored, int64_t logical, int64_t run) {
    std::memcpy(to + stored * bytes, static_cast<const std::byte*>(values) + logical * bytes,
                static_cast<size_t>(run * bytes));
  });
}

}  // namespace bardana
