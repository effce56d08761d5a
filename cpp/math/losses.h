// Losses and metrics that treat every element alike, averaged over the last axis: value(t, y, p) of a target t and a
// prediction y, and grad = d value / dy. Formulas without a gradient are metrics. Cross-entropies that mix a row's
// elements are kernels of their own (cpu/kernels/crossentropy.inl).
#pragma once

/// (t − y)².
struct MeanSquaredError {
  static constexpr const char* name = "mean_squared_error";
  static constexpr bool differentiable = true;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V t, V y, const V*) {
    return (t - y) * (t - y);
  }
  template <class V>
  BARDANA_FN V grad(V t, V y, const V*) {
    return V::of(2) * (y - t);
  }
};

/// |t − y|; the derivative at 0 is 0.
struct MeanAbsoluteError {
  static constexpr const char* name = "mean_absolute_error";
  static constexpr bool differentiable = true;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V t, V y, const V*) {
    return abs(t - y);
  }
  template <class V>
  BARDANA_FN V grad(V t, V y, const V*) {
    const V e = y - t;
    const V sign = select(e > V::of(0), V::of(1), select(e < V::of(0), V::of(-1), V::of(0)));
    return select(e == e, sign, e);
  }
};

/// e² / 2 where |e| ≤ δ, δ (|e| − δ / 2) beyond, with e = y − t. Huber 1964, equation 3.
struct Huber {
  static constexpr const char* name = "huber";
  static constexpr bool differentiable = true;
  static constexpr Parameters<1> parameters{{{"delta", 1.0}}};
  template <class V>
  BARDANA_FN V value(V t, V y, const V* p) {
    const V e = abs(y - t);
    return select(e <= p[0], V::of(0.5) * e * e, p[0] * (e - V::of(0.5) * p[0]));
  }
  template <class V>
  BARDANA_FN V grad(V t, V y, const V* p) {
    const V e = y - t;
    return select((abs(e) <= p[0]) | !(e == e), e, copysign(p[0], e));
  }
};

/// −t log y − (1 − t) log(1 − y), y clipped to [ε, 1 − ε]; t is first smoothed to t (1 − s) + s / 2.
/// Clipped predictions pass no gradient.
struct BinaryCrossentropy {
  static constexpr const char* name = "binary_crossentropy";
  static constexpr bool differentiable = true;
  static constexpr Parameters<2> parameters{{{"label_smoothing", 0.0}, {"epsilon", 1e-7}}};
  template <class V>
  BARDANA_FN V clip(V y, V epsilon) {
    return min(max(y, epsilon), V::of(1) - epsilon);
  }
  template <class V>
  BARDANA_FN V smooth(V t, V s) {
    return fma(t, V::of(1) - s, V::of(0.5) * s);
  }
  template <class V>
  BARDANA_FN V value(V t, V y, const V* p) {
    const V q = clip(y, p[1]), s = smooth(t, p[0]);
    return select(y == y, -(s * log(q) + (V::of(1) - s) * log(V::of(1) - q)), y);
  }
  template <class V>
  BARDANA_FN V grad(V t, V y, const V* p) {
    const V q = clip(y, p[1]), s = smooth(t, p[0]);
    return select((q == y) | !(y == y), (y - s) / (q * (V::of(1) - q)), V::of(0));
  }
};

/// The same of a logit z with y = σ(z): max(z, 0) − t z + log1p(e^−|z|); derivative σ(z) − t.
struct BinaryCrossentropyLogits {
  static constexpr const char* name = "binary_crossentropy_logits";
  static constexpr bool differentiable = true;
  static constexpr Parameters<2> parameters{{{"label_smoothing", 0.0}, {"epsilon", 1e-7}}};
  template <class V>
  BARDANA_FN V value(V t, V z, const V* p) {
    const V s = BinaryCrossentropy::smooth(t, p[0]);
    const V above = select(z <= V::of(0), V::of(0), z);
    return above - z * s + log1p(exp(-abs(z)));
  }
  template <class V>
  BARDANA_FN V grad(V t, V z, const V* p) {
    return sigmoid(z) - BinaryCrossentropy::smooth(t, p[0]);
  }
};

/// 1 where t = y, else 0.
struct Accuracy {
  static constexpr const char* name = "accuracy";
  static constexpr bool differentiable = false;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V t, V y, const V*) {
    return select(t == y, V::of(1), V::of(0));
  }
};

/// 1 where t = [y > threshold], else 0.
struct BinaryAccuracy {
  static constexpr const char* name = "binary_accuracy";
  static constexpr bool differentiable = false;
  static constexpr Parameters<1> parameters{{{"threshold", 0.5}}};
  template <class V>
  BARDANA_FN V value(V t, V y, const V* p) {
    return select(t == select(y > p[0], V::of(1), V::of(0)), V::of(1), V::of(0));
  }
};

using ElementwiseLosses = FormulaList<MeanSquaredError, MeanAbsoluteError, Huber, BinaryCrossentropy,
                                      BinaryCrossentropyLogits, Accuracy, BinaryAccuracy>;

/// Losses and metrics that mix the elements of a row. Their kernels are in cpu/kernels/crossentropy.inl, in this order.
struct RowLoss {
  const char* name;
  bool labels;          // targets are class numbers
  bool differentiable;  // otherwise a metric only
  bool probabilities;   // takes logits, and writes their softmax on the way
  Parameters<2> parameters;
  int parameter_count;
};

constexpr RowLoss kRowLosses[] = {
    {"categorical_crossentropy", false, true, false, {{{"label_smoothing", 0.0}, {"epsilon", 1e-7}}}, 2},
    {"categorical_crossentropy_logits", false, true, true, {{{"label_smoothing", 0.0}, {"epsilon", 1e-7}}}, 2},
    {"sparse_categorical_crossentropy",
     true,
     true,
     false,
     {{{"ignore_class", __builtin_nan("")}, {"epsilon", 1e-7}}},
     2},
    {"sparse_categorical_crossentropy_logits",
     true,
     true,
     true,
     {{{"ignore_class", __builtin_nan("")}, {"epsilon", 1e-7}}},
     2},
    {"categorical_accuracy", false, false, false, {}, 0},
    {"sparse_categorical_accuracy", true, false, false, {}, 0},
};
constexpr int kRowLossCount = sizeof(kRowLosses) / sizeof(kRowLosses[0]);
