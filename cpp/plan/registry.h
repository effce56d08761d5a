// The formulas by number and name: what plans refer to and what Python may ask for. A formula's number is its position
// in its list (math/*.h), and kernel tables are ordered alike.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "math/formulas.h"
#include "plan/op.h"

namespace bardana {

struct FormulaInfo {
  std::string name;
  std::vector<Parameter> parameters;
};

struct ActivationInfo : FormulaInfo {
  Saves saves;
};

/// The name of a loss that is taken from logits ends so; users write a parameter instead.
inline const std::string kLogitsSuffix = "_logits";

struct LossInfo : FormulaInfo {
  bool labels;          // targets are class numbers, one a row, instead of one number per prediction
  bool differentiable;  // otherwise a metric only
  bool probabilities;   // takes logits of classes, and writes their softmax on the way
  bool hinges;          // the first parameter tells whether all targets of the batch are 0 or 1
  Behind behind;
  int from_logits;  // number of the same loss taken from logits, or -1

  bool takes_logits() const { return name.ends_with(kLogitsSuffix); }
  /// The name as users know it.
  std::string display_name() const;
};

struct OptimizerInfo : FormulaInfo {
  int slots;
  /// What a slot starts with.
  double (*initial)(int slot, const double* hyperparameters);
  /// The numbers of step t (counted from 1), from the learning rate and the hyperparameters.
  void (*step_numbers)(double* numbers, double learning_rate, const double* hyperparameters, double t);
};

struct ConstraintInfo : FormulaInfo {
  bool wants_norm;
};

const std::vector<ActivationInfo>& activations();
const std::vector<LossInfo>& losses();
const std::vector<FormulaInfo>& tallies();
const std::vector<OptimizerInfo>& optimizers();
const std::vector<ConstraintInfo>& constraints();
inline const OptimizerInfo& optimizer_info(int formula) { return optimizers()[static_cast<size_t>(formula)]; }
inline const LossInfo& loss_info(int formula) { return losses()[static_cast<size_t>(formula)]; }

/// In the order of RowActivation and of the kernel tables.
inline constexpr std::array kRowActivations = {"softmax", "log_softmax", "sparsemax"};
inline const char* name_of(RowActivation formula) { return kRowActivations[static_cast<size_t>(formula)]; }
std::optional<RowActivation> find_row_activation(const std::string& name);

/// Number of a formula by name; std::invalid_argument lists the names there are.
int find_activation(const std::string& name);
int find_loss(const std::string& name);
int find_optimizer(const std::string& name);
int find_constraint(const std::string& name);
/// kNoTally where there is none of this name.
constexpr int kNoTally = -1;
int find_tally(const std::string& name);

/// Values in the formula's order: defaults, overridden by the given ones; an unknown name is std::invalid_argument.
std::vector<double> bind_parameters(const FormulaInfo& formula, const std::map<std::string, double>& given);

}  // namespace bardana
