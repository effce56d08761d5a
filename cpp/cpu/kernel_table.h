// The kernels of one ISA as plain function pointers over plain structs: the only thing that ISA files share with the
// rest. Sizes: m rows, n columns, k the summed axis. ld* is the distance between rows, a multiple of 16 where vectors
// are read. Buffers are padded to 16 elements; kernels may read and write that padding.
// Long because the table is one: an argument struct for each kernel, then their pointers.
#pragma once

#include <cstdint>

#include "common/element_type.h"

namespace bardana::cpu {

/// Copies rows of a user's array, converted to T: y[r, :] = source[order ? order[first + r] : first + r, :].
template <class T>
struct GatherArgs {
  const void* source;
  ElementType type;
  const int64_t* order;
  int64_t first, rows, cols;
  T* y;
  int64_t ldy;
};

template <class T>
struct ActivateArgs {
  const T* x;    // for the derivative: x or y, as the formula's `saves` says
  const T* dy;   // derivative only
  T* y;          // for the derivative: dx
  int64_t size;  // a multiple of 16
  const double* parameters;
};

/// Whether a layer with k inputs and n outputs leaves so many lanes of a panel idle that its kernels let the lanes run
/// along k. It depends on the shape alone, so that equal inputs give equal bits in every batch.
constexpr bool is_narrow(int64_t k, int64_t n) { return n <= 4 && k >= 16 * n; }

/// y = f(x w + b), w in column panels. z, where given, receives x w + b. Computed are all rows of the columns
/// [first, end), multiples of 16.
template <class T>
struct AffineArgs {
  const T* const* x = nullptr;  // a pointer for every row
  const T* w = nullptr;
  const T* b = nullptr;  // may stay null
  T* z = nullptr;        // may stay null
  T* y = nullptr;
  int64_t ldy = 0, m = 0, k = 0, n = 0, first = 0, end = 0;
  bool relu = false;                                   // f = relu, applied in registers
  void (*activate)(const ActivateArgs<T>&) = nullptr;  // any other f, applied to the finished rows; null for linear
  const double* parameters = nullptr;
  bool narrow = false;   // is_narrow(k, n) of the layer; all columns are computed
  T* scratch = nullptr;  // affine_scratch(k) elements, used when narrow
};
constexpr int64_t affine_scratch(int64_t k) { return 4 * (k + 16); }

/// dw = xᵀ dy (column panels), db = column sums of dy. Folded, dw and db are the weights themselves: w ← w − η xᵀ dy.
/// Computed are the elements [begin, end) of the stored matrix, bounds of whole rows of a panel, and the elements
/// [first, last) of db, multiples of 16.
template <class T>
struct BackWeightsArgs {
  const T* const* x = nullptr;  // a pointer for every row
  const T* dy = nullptr;
  int64_t ldy = 0;
  T* dw = nullptr;
  T* db = nullptr;  // may stay null
  int64_t m = 0, k = 0, n = 0, begin = 0, end = 0, first = 0, last = 0;
  bool narrow = false;  // as in AffineArgs
  bool fold = false;
  double learning_rate = 0.0;  // η, read when folded
  T* scratch = nullptr;        // back_weights_scratch(m, n) elements
};
constexpr int64_t kPackFrom = 64;      // rows, and inputs, from which on dy is packed
constexpr int64_t kPackedPanels = 16;  // panels of dy that are packed together where x is packed too
constexpr int64_t back_weights_scratch(int64_t m, int64_t n) {
  const int64_t columns = n + 15 < 48 * kPackedPanels ? n + 15 : 48 * kPackedPanels;
  return m < kPackFrom ? 0 : columns * m + 64 * (m + 2);
}

/// wt = columns [first, first + width) of wᵀ as one panel of n rows, with room for padded(n); w is k × n in column
/// panels, width a multiple of 16.
template <class T>
struct TransposeArgs {
  const T* w;
  T* wt;
  int64_t k, n, first, width;
};

/// Rows of a loss or metric. values[r] = its value in row r; dpred = gradient · scale · (weight ? weight[r / outer] :
/// 1), with zeros in the padding. values or dpred may be null.
template <class T>
struct LossArgs {
  const T* pred;
  const T* target;        // dense targets, same layout as pred
  const int32_t* labels;  // or class numbers, one a row
  int64_t ld, rows, cols;
  const T* weight;  // one a row, may be null
  double scale;
  T* values;
  T* dpred;
  T* probabilities;  // from-logits kernels: receives softmax of pred
  const double* parameters;
};

/// Adds what a metric counts in some rows to its state; layouts and parameters are in math/tallies.h.
template <class T>
struct TallyArgs {
  const T* pred;
  const T* target;  // same layout
  int64_t ld, rows, cols;
  const T* weight;  // one a row, may be null
  const double* parameters;
  const double* thresholds;  // rising
  int64_t threshold_count;
  const double* label_weights;  // one a column, may be null
  double* state;
};

template <class T>
struct SoftmaxArgs {
  const T* x;  // backward: y
  const T* dy;
  T* y;  // backward: dx
  int64_t ld, rows, cols;
};

/// Elements [first, end), multiples of 16, of rows at a distance of ld; alpha is one row. Forward y = x where x > 0,
/// alpha x below; backward y receives dx; sums[i] receives Σ x dy over the rows with x < 0, in their order.
template <class T>
struct PReluArgs {
  const T* x;
  const T* dy;  // backward and sums
  const T* alpha;
  T* y;
  int64_t ld, rows, first, end;
};

/// y = x · keep / (1 − rate); with x the incoming gradient this is the backward pass as well. Element (r, c) is kept by
/// the word of Philox(seed, call ‖ first + r, c / 4) that stands at c mod 4.
template <class T>
struct DropoutArgs {
  const T* x;
  T* y;
  int64_t ld, rows, cols;
  double rate;
  uint64_t seed, call;
  int64_t first;  // number of the first row within the call
};

/// Batch normalization of the columns [first, end), multiples of 16, of rows (groups) of cols numbers. `batch`: mean
/// and variance are those of these rows, written forward and derived through backward; else given. Backward dγ and dβ
/// are sums, or, folded, γ and β themselves: γ ← γ − η dγ.
template <class T>
struct BatchNormArgs {
  const T* x = nullptr;
  const T* dy = nullptr;                      // backward only
  T* y = nullptr;                             // backward: dx, may be null
  const T *gamma = nullptr, *beta = nullptr;  // may be null
  T *mean = nullptr, *variance = nullptr;
  T *dgamma = nullptr, *dbeta = nullptr;  // backward only, may be null
  int64_t ld = 0, rows = 0, cols = 0, first = 0, end = 0;
  double epsilon = 0.0, learning_rate = 0.0;
  bool batch = false, fold = false;
};

/// Normalization of every row of cols numbers by itself: with the row's mean (`mean` given), without it, or to unit
/// length. mean and inverse hold a number a row, written forward and read backward. Sums: dγ and dβ, as above.
template <class T>
struct RowNormArgs {
  const T* x = nullptr;
  const T* dy = nullptr;                      // backward only
  T* y = nullptr;                             // backward: dx
  const T *gamma = nullptr, *beta = nullptr;  // may be null
  T *mean = nullptr, *inverse = nullptr;
  T *dgamma = nullptr, *dbeta = nullptr;  // sums only, may be null
  int64_t ld = 0, rows = 0, cols = 0, first = 0, end = 0;
  double epsilon = 0.0, learning_rate = 0.0;
  bool unit = false, fold = false;
};

/// Noise of examples (rows) of outer groups of cols numbers: see noise.inl. Without `places` every element has a number
/// of its own, that of (group, column); else element i of a row has number places[i] of the row's `drawn`, or of the
/// whole call's where `shared`.
template <class T>
struct NoiseArgs {
  const T* x;
  T* y;
  int64_t ld, rows, cols, outer;
  bool normal, multiplies;
  double rate, scale, shift, dropped;
  uint64_t seed, call;
  int64_t first;  // number of the first row within the call
  const int32_t* places;
  int64_t drawn;
  bool shared;
  float* numbers;  // room for padded64(drawn) numbers
};
constexpr int64_t padded64(int64_t size) { return (size + 63) / 64 * 64; }

/// values[r] = l1 Σ|x| + l2 Σ x² of a row, or y = dy (may be null) + l1 sign x + 2 l2 x, zero in the padding.
template <class T>
struct ActivityArgs {
  const T* x;
  const T* dy;
  T* y;
  T* values;
  int64_t ld, rows, cols;
  double l1, l2;
};

template <class T>
struct MovingAverageArgs {
  T* v;
  const T* x;
  int64_t size;  // a multiple of 16
  double momentum;
};

/// y[g, :] = row ids[g] of w, a rows × cols matrix in column panels; negative ids count from the end, and NaN stands
/// for a row that w does not have.
template <class T>
struct EmbedArgs {
  const int32_t* ids;
  const T* w;
  T* y;
  int64_t ld, count, rows, cols;
};

/// Rows [begin, end) of dw: row i = the sum of dy[g, :] over the g with ids[g] = i, in their order. Folded, dw is w:
/// w ← w − η dy[g, :] for each such g.
template <class T>
struct EmbedBackwardArgs {
  const int32_t* ids;
  const T* dy;
  T* dw;
  int64_t ld, count, rows, cols, begin, end;
  bool fold;
  double learning_rate;  // η, read when folded
};

/// Rows of `size` elements with their padding: y = x · factor + offset, or y = (x − offset) / factor.
template <class T>
struct ScaleArgs {
  const T* x;
  T* y;
  const T* factor;  // `size` of them
  const T* offset;  // the same, or null for zeros
  int64_t rows, size;
  bool divides;
};

/// y = number of rising boundaries that are not above x.
template <class T>
struct BucketizeArgs {
  const T* x;
  T* y;
  int64_t size;  // a multiple of 16
  const T* boundaries;
  int64_t count;
};

/// Rows of class numbers as rows of `groups` times `cols` numbers: see Encode in plan/op.h. A row of x has `size` class
/// numbers, in runs of `last` that are `ldx` apart, and then, where weighted, as many weights.
template <class T>
struct EncodeArgs {
  const T* x;
  T* y;
  int64_t last, ldx, row_step;  // row_step: from one row of x to the next
  int64_t rows, size, groups, cols, ldy;
  bool weighted, counts;
};

constexpr int kMaxSlots = 4, kMaxNumbers = 4;

template <class T>
struct UpdateArgs {
  T* w;
  const T* dw;
  T* slots[kMaxSlots];
  int64_t size;                 // a multiple of 16
  double numbers[kMaxNumbers];  // of this step
  const double* hyper;
};

/// Sums over stored weights are made block by block, each of this many elements, and then in the order of the blocks.
constexpr int64_t kSumBlock = 2048;

/// sum = l1 Σ|w| + l2 Σw² of one block. The derivative, l1 sign(w) + 2 l2 w, is added to dw unless that is null.
template <class T>
struct PenaltyArgs {
  const T* w;
  T* dw;
  int64_t size;  // a multiple of 16
  double l1, l2;
  double* sum;
};

/// `columns` groups of weights side by side, each of `rows` weights `step` elements apart.
template <class T>
struct ConstrainColumnsArgs {
  T* w;
  int64_t step, rows, columns;
  const double* parameters;
};

/// One group of weights: `runs` runs of 48 elements, `step` elements apart, and `last_size` elements at `last`.
template <class T>
struct ConstrainRunsArgs {
  T* w;
  int64_t runs, step;
  T* last;
  int64_t last_size;
  const double* parameters;
};

/// dw ← dw / divisor, and with `sum`: sum ← sum + dw, or, as the last of `steps` gradients, dw ← (dw + sum) / steps and
/// sum ← 0. squares, unless null, receives Σ dw².
template <class T>
struct AccumulateArgs {
  T* dw;
  T* sum;        // may be null
  int64_t size;  // a multiple of 16
  double divisor;
  int64_t steps;
  bool last;
  double* squares;
};

/// dw ← dw · factor, kept between −limit and limit where limit > 0.
template <class T>
struct ClipArgs {
  T* dw;
  int64_t size;
  double factor, limit;
};

/// w ← w − w · factor.
template <class T>
struct DecayArgs {
  T* w;
  int64_t size;
  double factor;
};

/// average ← momentum · average + (1 − momentum) · w, and then w ← average with `overwrites`.
template <class T>
struct AverageArgs {
  T* average;
  T* w;
  int64_t size;
  double momentum;
  bool overwrites;
};

template <class T>
struct Kernels {
  void (*gather)(const GatherArgs<T>&);
  void (*affine)(const AffineArgs<T>&);
  void (*back_weights)(const BackWeightsArgs<T>&);
  void (*transpose)(const TransposeArgs<T>&);
  void (*const* activate)(const ActivateArgs<T>&);               // by number in Activations
  void (*const* activate_backward)(const ActivateArgs<T>&);      // by number in Activations
  void (*const* activate_rows)(const SoftmaxArgs<T>&);           // by number in RowActivation
  void (*const* activate_rows_backward)(const SoftmaxArgs<T>&);  // by number in RowActivation
  void (*prelu)(const PReluArgs<T>&);
  void (*prelu_backward)(const PReluArgs<T>&);
  void (*prelu_sums)(const PReluArgs<T>&);  // to y
  void (*dropout)(const DropoutArgs<T>&);
  void (*batch_norm)(const BatchNormArgs<T>&);
  void (*batch_norm_backward)(const BatchNormArgs<T>&);
  void (*moving_average)(const MovingAverageArgs<T>&);
  void (*row_norm)(const RowNormArgs<T>&);
  void (*row_norm_backward)(const RowNormArgs<T>&);
  void (*row_norm_sums)(const RowNormArgs<T>&);
  void (*noise)(const NoiseArgs<T>&);
  void (*activity)(const ActivityArgs<T>&);
  void (*activity_backward)(const ActivityArgs<T>&);
  void (*add)(const ActivateArgs<T>&);  // y = x + dy
  void (*embed)(const EmbedArgs<T>&);
  void (*embed_backward)(const EmbedBackwardArgs<T>&);
  void (*scale)(const ScaleArgs<T>&);
  void (*bucketize)(const BucketizeArgs<T>&);
  void (*encode)(const EncodeArgs<T>&);
  void (*const* loss)(const LossArgs<T>&);      // by number in losses()
  void (*const* tally)(const TallyArgs<T>&);    // by number in tallies()
  void (*const* update)(const UpdateArgs<T>&);  // by number in Optimizers
  void (*accumulate)(const AccumulateArgs<T>&);
  void (*clip)(const ClipArgs<T>&);
  void (*decay)(const DecayArgs<T>&);
  void (*average)(const AverageArgs<T>&);
  void (*penalty)(const PenaltyArgs<T>&);
  void (*const* constrain_columns)(const ConstrainColumnsArgs<T>&);  // by number in Constraints
  void (*const* constrain_runs)(const ConstrainRunsArgs<T>&);        // by number in Constraints
};

struct KernelTable {
  const char* isa;
  Kernels<float> f32;
  Kernels<double> f64;
};

/// One per compiled ISA file.
extern const KernelTable kBaselineTable;
extern const KernelTable kAvx2Table;
extern const KernelTable kAvx512Table;
extern const KernelTable kNeonTable;

}  // namespace bardana::cpu
