// An optimizer without a model: one step on gradients that the caller gives.
#pragma once

#include "backend/backend.h"
#include "compile/compile.h"
#include "train/optimizer_state.h"

namespace bardana {

/// Updates the trainable variables by gradients in C order, one for each variable; those with a null gradient stay as
/// they are. Counts the step.
void apply_gradients(Variables& variables, const Objectives& objectives, OptimizerState& optimizer,
                     const std::vector<const void*>& gradients);

/// Puts the moving averages, if the optimizer keeps them, in the place of the trainable variables.
void use_averages(Variables& variables, const Objectives& objectives);

/// Variables of the caller's with the optimizer's slots for them.
struct Updater {
  Updater(DType dtype, std::vector<VariableSpec> specs, const OptimizerSpec& spec,
          std::shared_ptr<OptimizerState> state);

  Variables variables;
  Objectives objectives;
  std::shared_ptr<OptimizerState> optimizer;
};

}  // namespace bardana
