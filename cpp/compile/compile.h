// From a network to a plan in three steps: lower writes the ops, fuse rewrites the list, place lays out the workspace.
#pragma once

#include "compile/network.h"
#include "plan/plan.h"
#include "plan/registry.h"

namespace bardana {

/// A loss or metric of a compile(), checked and resolved to its number in losses() or tallies().
struct Objective {
  int formula = 0;
  bool is_tally = false;
  std::vector<double> parameters;
  Reduction reduction = Reduction::mean;
  double factor = 1.0;                            // of a loss
  bool weighted = false;                          // metrics: by the sample weights
  bool from_logits = false;                       // tallies: of the predictions' sigmoid
  std::vector<double> thresholds, label_weights;  // tallies
  HostPtr host = {};                              // in place of all these
  int64_t host_state_size = 0;

  /// Numbers of its state, for predictions of so many columns.
  int64_t state_size(int64_t columns) const;
};

struct Objectives {
  std::optional<Objective> loss;
  std::vector<Objective> metrics;
  int optimizer = 0;  // number in optimizers()
  std::vector<double> hyperparameters;
  UpdateOptions options;
  HostPtr host_optimizer = {};  // in place of all these

  /// The optimizer's op for a model of so many variables.
  Update update_of(size_t variables) const;
  /// What its slots start with: those of the rule, then sums of gradients, then averages of weights.
  std::vector<double> initial_slots() const;
};

/// The objective that a dict means; std::invalid_argument for unknown names or parameters.
Objective resolve_objective(const ObjectiveSpec& spec);

/// Throws std::invalid_argument unless a tally can be taken of predictions of this shape.
void check_tally(const Objective& tally, int64_t groups, int64_t columns);

/// Resolves names and parameters; std::invalid_argument for a loss without a gradient or labels without classes.
Objectives resolve(const CompileSpec& spec);

struct PlanRequest {
  Mode mode = Mode::predict;
  bool training = false;
  int64_t capacity = 1;
};

/// objectives may be null for predict.
Plan compile(const Network& network, const Objectives* objectives, PlanRequest request);

/// The op that holds trainable variables to their constraints, perhaps without rules; std::invalid_argument for an axis
/// that a variable does not have.
Constrain constrain(const std::vector<VariableSpec>& variables);

/// Moves activations into the affine ops before them, takes cross-entropies from logits where the prediction is a
/// softmax or sigmoid, and lets the weight-gradient ops take the steps of plain SGD.
void fuse(Plan& plan);

/// Gives every tensor an offset such that tensors alive at the same time do not overlap.
void place(Plan& plan);

}  // namespace bardana
