// The part of an optimizer that Python and a running loop share: hyperparameters that may change at any moment, and the
// number of steps taken.
#pragma once

#include <atomic>
#include <cstdint>

#include "model/spec.h"

namespace bardana {

struct OptimizerState {
  explicit OptimizerState(OptimizerSpec optimizer) : spec(std::move(optimizer)) {}

  const OptimizerSpec spec;
  std::atomic<double> learning_rate = 0.0;
  std::atomic<int64_t> iterations = 0;
};

}  // namespace bardana
