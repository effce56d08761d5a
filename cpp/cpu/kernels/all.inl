// Puts an ISA's kernels into its table. Included once by every isa_*.cpp, inside the file's own unnamed namespace,
// after `Vec<T>`, kTileRows and kTileVecs are defined.

#include "math/layout.h"
#include "math/philox.h"
#include "math/half.h"
#include "math/formula.h"
#include "math/elementary.h"
#include "math/piecewise.h"
#include "math/activations.h"
#include "math/losses.h"
#include "math/tallies.h"
#include "math/optimizers.h"
#include "math/constraints.h"
#include "cpu/vec/reduce.h"
#include "cpu/kernels/tile.inl"
#include "cpu/kernels/affine.inl"
#include "cpu/kernels/back_weights.inl"
#include "cpu/kernels/transpose.inl"
#include "cpu/kernels/elementwise.inl"
#include "cpu/kernels/prelu.inl"
#include "cpu/kernels/rows.inl"
#include "cpu/kernels/row_activations.inl"
#include "cpu/kernels/crossentropy.inl"
#include "cpu/kernels/row_losses.inl"
#include "cpu/kernels/weights.inl"
#include "cpu/kernels/normalization.inl"
#include "cpu/kernels/tallies.inl"
#include "cpu/kernels/row_normalization.inl"
#include "cpu/kernels/noise.inl"
#include "cpu/kernels/activity.inl"
#include "cpu/kernels/embedding.inl"
#include "cpu/kernels/preprocessing.inl"

template <class T, class List>
struct ActivationKernels;

template <class T, class... F>
struct ActivationKernels<T, FormulaList<F...>> {
  static constexpr void (*forward[])(const ActivateArgs<T>&) = {activate<T, F>...};
  static constexpr void (*backward[])(const ActivateArgs<T>&) = {activate_backward<T, F>...};
};

/// In the order of RowActivation.
template <class T>
struct RowActivationKernels {
  static constexpr void (*forward[])(const SoftmaxArgs<T>&) = {softmax<T>, log_softmax<T>, sparsemax<T>};
  static constexpr void (*backward[])(const SoftmaxArgs<T>&) = {softmax_backward<T>, log_softmax_backward<T>,
                                                                sparsemax_backward<T>};
};

template <class T, class List>
struct LossKernels;

/// In the order of losses() in plan/registry.cpp: elementwise formulas, then kRowLosses.
template <class T, class... F>
struct LossKernels<T, FormulaList<F...>> {
  static constexpr void (*list[])(const LossArgs<T>&) = {
      elementwise_loss<T, F>...,     crossentropy_dense<T>,
      crossentropy_logits<T>,        crossentropy_sparse<T>,
      crossentropy_logits<T>,        focal_crossentropy<T>,
      focal_crossentropy_logits<T>,  categorical_hinge<T>,
      cosine_similarity<T>,          generalized_crossentropy<T>,
      pearson_correlation<T>,        concordance_correlation<T>,
      categorical_accuracy<T>,       sparse_categorical_accuracy<T>,
      top_k_categorical_accuracy<T>, sparse_top_k_categorical_accuracy<T>};
  static_assert(sizeof(list) / sizeof(list[0]) == sizeof...(F) + kRowLossCount);
};

template <class T>
struct TallyKernels {
  static constexpr void (*list[])(const TallyArgs<T>&) = {threshold_counts<T>, class_counts<T>, squares<T>};
  static_assert(sizeof(list) / sizeof(list[0]) == kTallyCount);
};

template <class T, class List>
struct OptimizerKernels;

template <class T, class... F>
struct OptimizerKernels<T, FormulaList<F...>> {
  static_assert(((F::slots <= kMaxSlots && F::numbers <= kMaxNumbers) && ...));
  static constexpr void (*list[])(const UpdateArgs<T>&) = {update<T, F>...};
};

template <class T, class List>
struct ConstraintKernels;

template <class T, class... F>
struct ConstraintKernels<T, FormulaList<F...>> {
  static constexpr void (*columns[])(const ConstrainColumnsArgs<T>&) = {constrain_columns<T, F>...};
  static constexpr void (*runs[])(const ConstrainRunsArgs<T>&) = {constrain_runs<T, F>...};
};

template <class T>
constexpr Kernels<T> kernels_of() {
  return {.gather = gather<T>,
          .affine = affine<T>,
          .back_weights = back_weights<T>,
          .transpose = transpose<T>,
          .activate = ActivationKernels<T, Activations>::forward,
          .activate_backward = ActivationKernels<T, Activations>::backward,
          .activate_rows = RowActivationKernels<T>::forward,
          .activate_rows_backward = RowActivationKernels<T>::backward,
          .prelu = prelu<T>,
          .prelu_backward = prelu_backward<T>,
          .prelu_sums = prelu_sums<T>,
          .dropout = dropout<T>,
          .batch_norm = batch_norm<T>,
          .batch_norm_backward = batch_norm_backward<T>,
          .moving_average = moving_average<T>,
          .row_norm = row_norm<T>,
          .row_norm_backward = row_norm_backward<T>,
          .row_norm_sums = row_norm_sums<T>,
          .noise = noise<T>,
          .activity = activity<T>,
          .activity_backward = activity_backward<T>,
          .add = add<T>,
          .embed = embed<T>,
          .embed_backward = embed_backward<T>,
          .scale = scale<T>,
          .bucketize = bucketize<T>,
          .encode = encode<T>,
          .loss = LossKernels<T, ElementwiseLosses>::list,
          .tally = TallyKernels<T>::list,
          .update = OptimizerKernels<T, Optimizers>::list,
          .accumulate = accumulate<T>,
          .clip = clip<T>,
          .decay = decay<T>,
          .average = average<T>,
          .penalty = penalty<T>,
          .constrain_columns = ConstraintKernels<T, Constraints>::columns,
          .constrain_runs = ConstraintKernels<T, Constraints>::runs};
}
