// Hinge losses read targets of 0 and 1 as −1 and 1, if the whole batch holds nothing else.
#pragma once

#include <algorithm>

#include "cpu/kernel_table.h"

namespace bardana::cpu {

/// The parameters of a formula with `hinges`: whether all targets of the batch are 0 or 1.
template <class T>
const double* hinge_parameters(const LossArgs<T>& batch) {
  static constexpr double kBinary = 1.0, kAny = 0.0;
  for (int64_t row = 0; row < batch.rows; ++row) {
    const T* t = batch.target + row * batch.ld;
    if (!std::all_of(t, t + batch.cols, [](T value) { return value == T(0) || value == T(1); })) return &kAny;
  }
  return &kBinary;
}

}  // namespace bardana::cpu
