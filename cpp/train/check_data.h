// Checks of users' arrays before the first step, so that nothing is read out of bounds and no step is half done.
#pragma once

#include "backend/source.h"
#include "compile/compile.h"

namespace bardana {

/// Throws std::invalid_argument when an array does not fit the network.
void check_input(const Network& network, const Source& x);
void check_targets(const Network& network, const Objectives& objectives, const Source& x, const Source& y,
                   const Source& weight);

/// Every label is a class number below `classes` or the ignored one; the message names the loss or metric.
void check_labels(const LossInfo& info, const Source& labels, int64_t classes, double ignored);

}  // namespace bardana
