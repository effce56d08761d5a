// The closed list of operations a plan may hold. An op is a shape of computation with named operands; which formula it
// evaluates is a parameter. std::visit in every backend makes a forgotten op a compile error.
//
// Operands are numbers of tensors in the plan; variables are numbers in Variables. operands(visit) tells the builder,
// the placement and the printer which tensors an op reads and writes: visit(name, tensor, writes); kNone is "absent".
// Long because the list is closed and stands in one place.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "model/host.h"

namespace bardana {

using TensorId = int;
using VariableId = int;
constexpr int kNone = -1;

/// An elementwise activation: number in activations() and parameter values.
struct ActivationRef {
  int formula = 0;  // linear
  std::vector<double> parameters;
};

/// An activation that mixes the elements of a row; its derivative is taken from y. kRowActivations has the names.
enum class RowActivation : uint8_t { softmax, log_softmax, sparsemax };

/// y = rows of the user's x for this step, converted.
struct GatherInput {
  static constexpr const char* name = "gather_input";
  TensorId y;
  template <class Visit>
  void operands(Visit visit) const {
    visit("y", y, true);
  }
};

/// y = rows of the user's targets: numbers, or int32 class numbers where the tensor says so.
struct GatherTarget {
  static constexpr const char* name = "gather_target";
  TensorId y;
  template <class Visit>
  void operands(Visit visit) const {
    visit("y", y, true);
  }
};

/// y = sample weights of the rows, ones where the user gave none.
struct GatherWeight {
  static constexpr const char* name = "gather_weight";
  TensorId y;
  template <class Visit>
  void operands(Visit visit) const {
    visit("y", y, true);
  }
};

/// y = x in another grouping of a row's elements into (outer, last), with that grouping's padding.
struct Repack {
  static constexpr const char* name = "repack";
  TensorId x, y;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("y", y, true);
  }
};

/// y = x with the axes of a row in another order: axis i of y is axis order[i] of x, whose axes have these sizes.
struct Permute {
  static constexpr const char* name = "permute";
  TensorId x, y;
  std::vector<int64_t> sizes, order;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("y", y, true);
  }
};

/// y = f(x w + b); z, where present, keeps x w + b for the derivative of f.
struct Affine {
  static constexpr const char* name = "affine";
  TensorId x, y, z = kNone;
  VariableId w, b = kNone;
  ActivationRef activation;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("z", z, true), visit("y", y, true);
  }
};

/// y = f(x), elementwise.
struct Activate {
  static constexpr const char* name = "activate";
  TensorId x, y;
  ActivationRef activation;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("y", y, true);
  }
};

/// dx = dy · f'(saved), saved being x or y as the formula wants.
struct ActivateBackward {
  static constexpr const char* name = "activate_backward";
  TensorId saved, dy, dx;
  ActivationRef activation;
  template <class Visit>
  void operands(Visit visit) const {
    visit("saved", saved, false), visit("dy", dy, false), visit("dx", dx, true);
  }
};

/// y = x where x > 0, α x below. x has these sizes, α the same or 1 where an axis shares it.
struct PRelu {
  static constexpr const char* name = "prelu";
  TensorId x, y;
  VariableId alpha;
  std::vector<int64_t> sizes;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("y", y, true);
  }
};

/// dx = dy where x > 0, α dy where x < 0, 0 at 0; and with `learns` dα = Σ x dy over x < 0, all rows and the axes that
/// share an α, as BackWeights does with dw.
struct PReluBackward {
  static constexpr const char* name = "prelu_backward";
  TensorId x, dy, dx = kNone;
  VariableId alpha;
  std::vector<int64_t> sizes;
  bool learns = false, updates = false;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("dy", dy, false), visit("dx", dx, true);
  }
};

/// y = softmax of x over the last axis, or another activation of whole rows.
struct Softmax {
  static constexpr const char* name = "softmax";
  TensorId x, y;
  RowActivation formula = RowActivation::softmax;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("y", y, true);
  }
};

/// dx = y (dy − Σ dy y), or the derivative of another activation of whole rows.
struct SoftmaxBackward {
  static constexpr const char* name = "softmax_backward";
  TensorId y, dy, dx;
  RowActivation formula = RowActivation::softmax;
  template <class Visit>
  void operands(Visit visit) const {
    visit("y", y, false), visit("dy", dy, false), visit("dx", dx, true);
  }
};

/// y = x · mask / (1 − rate), the mask drawn from (seed, call, row, column). Backward: the same op on the gradient.
struct Dropout {
  static constexpr const char* name = "dropout";
  TensorId x, y;
  double rate;
  uint64_t seed;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("y", y, true);
  }
};

enum class Reduction : uint8_t { mean, sum, mean_with_sample_weight };

/// values[row] = loss of a row; dpred = its gradient times the row's share of the reduced loss. From logits,
/// `probabilities` receives softmax(pred). Adds the batch's loss, times `factor`, to total 0.
struct Loss {
  static constexpr const char* name = "loss";
  int formula;  // number in losses()
  std::vector<double> parameters;
  Reduction reduction;
  double factor = 1.0;
  TensorId pred, target, weight, values, dpred = kNone, probabilities = kNone;
  template <class Visit>
  void operands(Visit visit) const {
    visit("pred", pred, false), visit("target", target, false), visit("weight", weight, false);
    visit("values", values, true), visit("probabilities", probabilities, true), visit("dpred", dpred, true);
  }
};

/// values[row] = metric of a row; adds their sum and their number, or the weighted sum and the sum of weights, to the
/// totals `state` and `state` + 1.
struct Metric {
  static constexpr const char* name = "metric";
  int formula;  // number in losses()
  std::vector<double> parameters;
  int64_t state;
  TensorId pred, target, weight = kNone, values, scratch = kNone;
  template <class Visit>
  void operands(Visit visit) const {
    visit("pred", pred, false), visit("target", target, false), visit("weight", weight, false);
    visit("values", values, true), visit("scratch", scratch, true);
  }
};

/// A metric with a larger state: adds what it counts in the rows to the totals from `state` on.
struct Tally {
  static constexpr const char* name = "tally";
  int formula;  // number in tallies()
  std::vector<double> parameters, thresholds, label_weights;
  int64_t state;
  TensorId pred, target, weight = kNone;
  template <class Visit>
  void operands(Visit visit) const {
    visit("pred", pred, false), visit("target", target, false), visit("weight", weight, false);
  }
};

/// dw = xᵀ dy and db = Σ dy over the rows, written to the gradients of w and b; or, with `updates`, a step of plain SGD
/// on w and b themselves, which then must be the last op that reads them.
struct BackWeights {
  static constexpr const char* name = "back_weights";
  TensorId x, dy;
  VariableId w, b = kNone;
  bool updates = false;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("dy", dy, false);
  }
};

/// dx = dy wᵀ.
struct BackInput {
  static constexpr const char* name = "back_input";
  TensorId dy, dx;
  VariableId w;
  template <class Visit>
  void operands(Visit visit) const {
    visit("dy", dy, false), visit("dx", dx, true);
  }
};

/// y = γ (x − μ) / √(σ² + ε) + β for every column. Where `mean` and `variance` are given, μ and σ² are the mean and the
/// biased variance of the column over all groups of all rows, which are written there; else the variables' values.
struct BatchNorm {
  static constexpr const char* name = "batch_norm";
  TensorId x, y, mean = kNone, variance = kNone;
  VariableId gamma = kNone, beta = kNone, moving_mean, moving_variance;
  double epsilon;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("mean", mean, true), visit("variance", variance, true), visit("y", y, true);
  }
};

/// dx, and with `learns` dγ = Σ dy (y − β) / γ and dβ = Σ dy, as BackWeights does with dw and db. With `mean` and
/// `variance` the derivative runs through them as well.
struct BatchNormBackward {
  static constexpr const char* name = "batch_norm_backward";
  TensorId x, mean = kNone, variance = kNone, dy, dx = kNone;
  VariableId gamma = kNone, beta = kNone, moving_mean, moving_variance;
  double epsilon;
  bool learns = false, updates = false;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("mean", mean, false), visit("variance", variance, false), visit("dy", dy, false);
    visit("dx", dx, true);
  }
};

/// y = γ (x − μ) i + β for every group by itself: i = 1 / √(σ² + ε) with the group's mean μ and variance; without
/// `mean`, μ = 0 and σ² is the mean square; with `unit`, i = 1 / √(Σ x²), at most 1 / ε.
struct RowNorm {
  static constexpr const char* name = "row_norm";
  TensorId x, y, mean = kNone, inverse;
  VariableId gamma = kNone, beta = kNone;
  double epsilon;
  bool unit = false;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("mean", mean, true), visit("inverse", inverse, true), visit("y", y, true);
  }
};

/// dx, and with `learns` dγ and dβ, as BatchNormBackward.
struct RowNormBackward {
  static constexpr const char* name = "row_norm_backward";
  TensorId x, mean = kNone, inverse, dy, dx = kNone;
  VariableId gamma = kNone, beta = kNone;
  double epsilon;
  bool unit = false, learns = false, updates = false;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("mean", mean, false), visit("inverse", inverse, false), visit("dy", dy, false);
    visit("dx", dx, true);
  }
};

/// y = x with a random number r for every element: `normal`, y = x + scale · r or, `multiplies`, y = x (1 + scale · r)
/// with r ~ N(0, 1); else y = scale · x + shift, but `dropped` for a share `rate` of the elements. Elements share
/// numbers along the axes of a row, of `sizes`, where `drawn` is 1, and all rows do where `shared`; no `sizes`: none.
struct Noise {
  static constexpr const char* name = "noise";
  TensorId x, y;
  bool normal = false, multiplies = false;
  double rate = 0.0, scale = 1.0, shift = 0.0, dropped = 0.0;
  uint64_t seed;
  std::vector<int64_t> sizes = {}, drawn = {};
  bool shared = false;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("y", y, true);
  }
};

/// Adds (l1 Σ|x| + l2 Σ x²) / rows to the loss of the batch; values: the sum of a group.
struct Activity {
  static constexpr const char* name = "activity";
  TensorId x, values;
  double l1, l2;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("values", values, true);
  }
};

/// dx = dy, where there is one, plus the derivative of Activity.
struct ActivityBackward {
  static constexpr const char* name = "activity_backward";
  TensorId x, dy = kNone, dx;
  double l1, l2;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("dy", dy, false), visit("dx", dx, true);
  }
};

/// y = a + b.
struct Add {
  static constexpr const char* name = "add";
  TensorId a, b, y;
  template <class Visit>
  void operands(Visit visit) const {
    visit("a", a, false), visit("b", b, false), visit("y", y, true);
  }
};

/// v ← m v + (1 − m) x, v being a variable that no gradient trains and x one number for each of its elements.
struct MovingAverage {
  static constexpr const char* name = "moving_average";
  TensorId x;
  VariableId v;
  double momentum;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false);
  }
};

/// ids = rows of the user's x as int32, read as they are and not through the model's own type.
struct GatherIds {
  static constexpr const char* name = "gather_ids";
  TensorId ids;
  template <class Visit>
  void operands(Visit visit) const {
    visit("ids", ids, true);
  }
};

/// ids = x as int32, cut off towards zero.
struct ToIds {
  static constexpr const char* name = "to_ids";
  TensorId x, ids;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("ids", ids, true);
  }
};

/// y = the rows of the matrix w that ids name, a group for each; negative ids count from the end. Where w has no such
/// row y is NaN.
struct Embed {
  static constexpr const char* name = "embed";
  TensorId ids, y;
  VariableId w;
  template <class Visit>
  void operands(Visit visit) const {
    visit("ids", ids, false), visit("y", y, true);
  }
};

/// Row i of dw = Σ dy over the groups with id i, in their order; or, with `updates`, a step of plain SGD on w for each
/// group in turn.
struct EmbedBackward {
  static constexpr const char* name = "embed_backward";
  TensorId ids, dy;
  VariableId w;
  bool updates = false;
  template <class Visit>
  void operands(Visit visit) const {
    visit("ids", ids, false), visit("dy", dy, false);
  }
};

/// factor = max(√variance, ε) and offset = mean for every element of a row, in the order of a tensor of rows: element i
/// takes number index[i] of both variables.
struct Factors {
  static constexpr const char* name = "factors";
  TensorId factor, offset;
  VariableId variance, mean;
  double epsilon;
  std::vector<int64_t> index;  // in stored order, by place in the row; −1 for padding
  template <class Visit>
  void operands(Visit visit) const {
    visit("factor", factor, true), visit("offset", offset, true);
  }
};

/// y = x · factor + offset, or with `divides` y = (x − offset) / factor. One factor and offset for every element of a
/// row: tensors, or constants by place in the row. Without offsets these are 0, as in the derivative.
struct Scale {
  static constexpr const char* name = "scale";
  TensorId x = kNone, y = kNone, factor = kNone, offset = kNone;
  bool divides = false;
  std::vector<double> factors, offsets;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("factor", factor, false), visit("offset", offset, false), visit("y", y, true);
  }
};

/// y = the number of boundaries that are not above x, elementwise; all of them for NaN.
struct Bucketize {
  static constexpr const char* name = "bucketize";
  TensorId x, y;
  std::vector<double> boundaries;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("y", y, true);
  }
};

enum class Encoding : uint8_t { one_hot, multi_hot, count };

/// Every row has groups of y's width, of zeros at first. Element e of the row, a class number, belongs to group
/// e mod groups, and there sets number x[e] to 1 or (count) adds 1, or its weight: with `weighted` the second half of
/// the row holds the weights of the first. Class numbers outside the width have no effect.
struct Encode {
  static constexpr const char* name = "encode";
  TensorId x, y;
  Encoding encoding;
  bool weighted = false;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("y", y, true);
  }
};

/// y = 0: the derivative by what only selects.
struct Zero {
  static constexpr const char* name = "zero";
  TensorId y;
  template <class Visit>
  void operands(Visit visit) const {
    visit("y", y, true);
  }
};

/// One optimizer step on all trainable variables: one pass over the flat buffers, and one before it where gradients are
/// accumulated or their norms wanted.
struct Update {
  static constexpr const char* name = "update";
  int formula;  // number in optimizers()
  std::vector<double> hyperparameters;
  std::vector<double> decay = {};  // by variable: w ← w − w · decay · rate before the update; empty: none decays
  enum class Clip : uint8_t { none, value, norm, global_norm };
  Clip clip = Clip::none;
  double clip_at = 0.0;
  int64_t accumulation_steps = 1;  // so many gradients make one update
  bool averages = false;           // the last slot is a moving average of the weights
  double average_momentum = 0.0;
  int64_t overwrite_frequency = 0;  // of updates after which averages become the weights; 0: never
  double loss_scale = 1.0;          // gradients are divided by it
  bool is_plain() const {
    return decay.empty() && clip == Clip::none && accumulation_steps == 1 && !averages && loss_scale == 1.0;
  }
  template <class Visit>
  void operands(Visit) const {}
};

/// Adds l1 Σ|w| + l2 Σw² of the variables to the loss of the batch, and where `differentiates` the derivatives to their
/// gradients.
struct Penalize {
  static constexpr const char* name = "penalize";
  struct Term {
    VariableId w;
    double l1, l2;
  };
  std::vector<Term> terms;
  bool differentiates = false;
  template <class Visit>
  void operands(Visit) const {}
};

/// Moves variables to values that their constraints allow. A variable is seen as outer × reduced × inner numbers in C
/// order, of which those along `reduced` make a group with a norm.
struct Constrain {
  static constexpr const char* name = "constrain";
  struct Rule {
    VariableId w;
    int formula;  // number in constraints()
    std::vector<double> parameters;
    int64_t outer, reduced, inner;
  };
  std::vector<Rule> rules;
  template <class Visit>
  void operands(Visit) const {}
};

/// Copies x without padding to the caller's output rows.
struct Emit {
  static constexpr const char* name = "emit";
  TensorId x;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false);
  }
};

/// Calls code of the host's, on one thread. In order, where they are wanted: it reads x, the targets and the sample
/// weights as the user gave them, and gradients of variables; it fills y and gradients of variables, and adds numbers
/// to the totals from `state` on. It can fail, so no weight may have been written before.
struct HostCall {
  static constexpr const char* name = "host_call";
  HostPtr host;
  TensorId x = kNone, y = kNone;
  Shape x_shape = {}, y_shape = {};  // of a row, as the host sees it
  bool reads_target = false, reads_weight = false;
  std::vector<VariableId> reads_gradients = {}, fills_gradients = {};
  int64_t state = 0, state_size = 0;
  template <class Visit>
  void operands(Visit visit) const {
    visit("x", x, false), visit("y", y, true);
  }
};

using Op = std::variant<GatherInput, GatherTarget, GatherWeight, Repack, Permute, Affine, Activate, ActivateBackward,
                        Softmax, SoftmaxBackward, PRelu, PReluBackward, Dropout, BatchNorm, BatchNormBackward, RowNorm,
                        RowNormBackward, Noise, Activity, ActivityBackward, Add, MovingAverage, Loss, Metric, Tally,
                        BackWeights, BackInput, GatherIds, ToIds, Embed, EmbedBackward, Factors, Scale, Bucketize,
                        Encode, Zero, HostCall, Penalize, Update, Constrain, Emit>;

}  // namespace bardana
