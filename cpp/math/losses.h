// Losses and metrics that treat every element alike, averaged over the last axis: value(t, y, p) of a target t and a
// prediction y, and grad = d value / dy. Formulas without a gradient are metrics. Cross-entropies that mix a row's
// elements are kernels of their own (cpu/kernels/crossentropy.inl, row_losses.inl).
//
// A formula with `sums` is summed over the last axis instead. One with `hinges` wants its first parameter to tell
// whether all targets of the batch are 0 or 1, which then stand for −1 and 1.
#pragma once

/// The larger and the smaller of x and a limit; NaN stays NaN.
template <class V>
BARDANA_FN V at_least(V x, V limit) {
  return select(x < limit, limit, x);
}
template <class V>
BARDANA_FN V at_most(V x, V limit) {
  return select(x > limit, limit, x);
}

/// xᵉ = e^(e log |x|), negative for x < 0 and odd e, NaN for x < 0 and e that is not whole; x⁰ = 1. The rounding of
/// e log |x| makes a relative error of up to |e log |x|| / 2 units in the last place, beside those of exp and log.
template <class V>
BARDANA_FN V power(V x, V e) {
  const V size = exp(e * log(abs(x)));
  const V half = e * V::of(0.5);
  const V odd = select(round_even(half) == half, size, -size);
  const V of_negative = select(round_even(e) == e, odd, V::of(__builtin_nan("")));
  return select(e == V::of(0), V::of(1), select(x < V::of(0), of_negative, size));
}

/// e x^(e − 1).
template <class V>
BARDANA_FN V power_slope(V x, V e) {
  return select(e == V::of(0), V::of(0), e * power(x, e - V::of(1)));
}

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
  static constexpr Behind behind = Behind::either;
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
  static constexpr Behind behind = Behind::either;
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

/// 100 |t − y| / max(|t|, ε).
struct MeanAbsolutePercentageError {
  static constexpr const char* name = "mean_absolute_percentage_error";
  static constexpr bool differentiable = true;
  static constexpr Parameters<1> parameters{{{"epsilon", 1e-7}}};
  template <class V>
  BARDANA_FN V value(V t, V y, const V* p) {
    return V::of(100) * abs((t - y) / at_least(abs(t), p[0]));
  }
  template <class V>
  BARDANA_FN V grad(V t, V y, const V* p) {
    return V::of(100) * MeanAbsoluteError::grad(t, y, p) / at_least(abs(t), p[0]);
  }
};

/// (log(1 + max(y, ε)) − log(1 + max(t, ε)))²; no gradient where y < ε.
struct MeanSquaredLogarithmicError {
  static constexpr const char* name = "mean_squared_logarithmic_error";
  static constexpr bool differentiable = true;
  static constexpr Parameters<1> parameters{{{"epsilon", 1e-7}}};
  template <class V>
  BARDANA_FN V difference(V t, V y, V epsilon) {
    return log1p(at_least(y, epsilon)) - log1p(at_least(t, epsilon));
  }
  template <class V>
  BARDANA_FN V value(V t, V y, const V* p) {
    const V d = difference(t, y, p[0]);
    return d * d;
  }
  template <class V>
  BARDANA_FN V grad(V t, V y, const V* p) {
    return select(y < p[0], V::of(0), V::of(2) * difference(t, y, p[0]) / (V::of(1) + y));
  }
};

/// log cosh e with e = y − t. For |e| < 1 it is log1p(u² / (2 (u + 1))), u = expm1 |e|, where nothing cancels; beyond,
/// |e| + log1p(e^−2|e|) − log 2.
struct LogCosh {
  static constexpr const char* name = "log_cosh";
  static constexpr bool differentiable = true;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V t, V y, const V*) {
    const V e = abs(y - t), u = expm1(at_most(e, V::of(1)));
    const V near = log1p(u * u / (V::of(2) * (u + V::of(1))));
    return select(e < V::of(1), near, e + (log1p(exp(V::of(-2) * e)) - V::of(0.6931471805599453)));
  }
  template <class V>
  BARDANA_FN V grad(V t, V y, const V*) {
    return tanh(y - t);
  }
};

/// y − t log(y + ε).
struct Poisson {
  static constexpr const char* name = "poisson";
  static constexpr bool differentiable = true;
  static constexpr Parameters<1> parameters{{{"epsilon", 1e-7}}};
  template <class V>
  BARDANA_FN V value(V t, V y, const V* p) {
    return y - t * log(y + p[0]);
  }
  template <class V>
  BARDANA_FN V grad(V t, V y, const V* p) {
    return V::of(1) - t / (y + p[0]);
  }
};

/// t log(t / y), both clipped to [ε, 1]; clipped predictions pass no gradient.
struct KlDivergence {
  static constexpr const char* name = "kl_divergence";
  static constexpr bool differentiable = true;
  static constexpr bool sums = true;
  static constexpr Parameters<1> parameters{{{"epsilon", 1e-7}}};
  template <class V>
  BARDANA_FN V clip(V x, V epsilon) {
    return at_most(at_least(x, epsilon), V::of(1));
  }
  template <class V>
  BARDANA_FN V value(V t, V y, const V* p) {
    const V s = clip(t, p[0]);
    return s * log(s / clip(y, p[0]));
  }
  template <class V>
  BARDANA_FN V grad(V t, V y, const V* p) {
    const V q = clip(y, p[0]);
    return select((q == y) | !(y == y), -(clip(t, p[0]) / q), V::of(0));
  }
};

/// max(1 − s y, 0), s = 2 t − 1 where all targets are 0 or 1, else t. The derivative at the kink is −s.
struct Hinge {
  static constexpr const char* name = "hinge";
  static constexpr bool differentiable = true;
  static constexpr bool hinges = true;
  static constexpr Parameters<1> parameters{{{"binary", 0.0}}};
  template <class V>
  BARDANA_FN V sign(V t, V binary) {
    return select(binary == V::of(0), t, V::of(2) * t - V::of(1));
  }
  template <class V>
  BARDANA_FN V value(V t, V y, const V* p) {
    return at_least(V::of(1) - sign(t, p[0]) * y, V::of(0));
  }
  template <class V>
  BARDANA_FN V grad(V t, V y, const V* p) {
    const V s = sign(t, p[0]), e = V::of(1) - s * y;
    return select(e == e, select(e < V::of(0), V::of(0), -s), e);
  }
};

/// The square of it.
struct SquaredHinge {
  static constexpr const char* name = "squared_hinge";
  static constexpr bool differentiable = true;
  static constexpr bool hinges = true;
  static constexpr Parameters<1> parameters{{{"binary", 0.0}}};
  template <class V>
  BARDANA_FN V value(V t, V y, const V* p) {
    const V e = Hinge::value(t, y, p);
    return e * e;
  }
  template <class V>
  BARDANA_FN V grad(V t, V y, const V* p) {
    return V::of(-2) * Hinge::sign(t, p[0]) * Hinge::value(t, y, p);
  }
};

/// w (1 − q)ᵞ b with the cross-entropy b = BinaryCrossentropy, q = s y + (1 − s)(1 − y) of the smoothed target s, and
/// w = s α + (1 − s)(1 − α) with class balancing, else 1. Lin et al., "Focal loss for dense object detection", 2017.
struct BinaryFocalCrossentropy {
  static constexpr const char* name = "binary_focal_crossentropy";
  static constexpr bool differentiable = true;
  static constexpr Behind behind = Behind::sigmoid;
  static constexpr Parameters<5> parameters{
      {{"label_smoothing", 0.0}, {"epsilon", 1e-7}, {"gamma", 2.0}, {"alpha", 0.25}, {"apply_class_balancing", 0.0}}};
  template <class V>
  BARDANA_FN V weight(V s, const V* p) {
    return select(p[4] == V::of(0), V::of(1), s * p[3] + (V::of(1) - s) * (V::of(1) - p[3]));
  }
  /// 1 − q = s (1 − y) + (1 − s) y, where nothing cancels.
  template <class V>
  BARDANA_FN V miss(V s, V y) {
    return s * (V::of(1) - y) + (V::of(1) - s) * y;
  }
  template <class V>
  BARDANA_FN V value(V t, V y, const V* p) {
    const V s = BinaryCrossentropy::smooth(t, p[0]);
    return weight(s, p) * (power(miss(s, y), p[2]) * BinaryCrossentropy::value(t, y, p));
  }
  template <class V>
  BARDANA_FN V grad(V t, V y, const V* p) {
    const V s = BinaryCrossentropy::smooth(t, p[0]), m = miss(s, y);
    const V by_factor = power_slope(m, p[2]) * (V::of(1) - V::of(2) * s) * BinaryCrossentropy::value(t, y, p);
    return weight(s, p) * (by_factor + power(m, p[2]) * BinaryCrossentropy::grad(t, y, p));
  }
};

/// The same of a logit z with y = σ(z).
struct BinaryFocalCrossentropyLogits {
  static constexpr const char* name = "binary_focal_crossentropy_logits";
  static constexpr bool differentiable = true;
  static constexpr Parameters<5> parameters = BinaryFocalCrossentropy::parameters;
  template <class V>
  BARDANA_FN V value(V t, V z, const V* p) {
    const V s = BinaryCrossentropy::smooth(t, p[0]);
    const V factor = power(s * sigmoid(-z) + (V::of(1) - s) * sigmoid(z), p[2]);
    return BinaryFocalCrossentropy::weight(s, p) * (factor * BinaryCrossentropyLogits::value(t, z, p));
  }
  template <class V>
  BARDANA_FN V grad(V t, V z, const V* p) {
    const V s = BinaryCrossentropy::smooth(t, p[0]), y = sigmoid(z), rest = sigmoid(-z);
    const V m = s * rest + (V::of(1) - s) * y, slope = (V::of(1) - V::of(2) * s) * y * rest;
    const V by_factor = power_slope(m, p[2]) * slope * BinaryCrossentropyLogits::value(t, z, p);
    return BinaryFocalCrossentropy::weight(s, p) * (by_factor + power(m, p[2]) * (y - s));
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

using ElementwiseLosses =
    FormulaList<MeanSquaredError, MeanAbsoluteError, Huber, BinaryCrossentropy, BinaryCrossentropyLogits,
                MeanAbsolutePercentageError, MeanSquaredLogarithmicError, LogCosh, Poisson, KlDivergence, Hinge,
                SquaredHinge, BinaryFocalCrossentropy, BinaryFocalCrossentropyLogits, Accuracy, BinaryAccuracy>;

template <class Formula>
constexpr bool kSums = requires { Formula::sums; };
template <class Formula>
constexpr bool kHinges = requires { Formula::hinges; };
template <class Formula>
constexpr Behind behind_of() {
  if constexpr (requires { Formula::behind; }) {
    return Formula::behind;
  } else {
    return Behind::nothing;
  }
}

/// Losses and metrics that mix the elements of a row. Their kernels are in cpu/kernels, in this order.
struct RowLoss {
  const char* name;
  bool labels;          // targets are class numbers
  bool differentiable;  // otherwise a metric only
  bool probabilities;   // takes logits, and writes their softmax on the way
  Behind behind;
  Parameters<4> parameters;
  int parameter_count;
};

constexpr Parameters<4> kSmoothed{{{"label_smoothing", 0.0}, {"epsilon", 1e-7}}};
constexpr Parameters<4> kIgnoring{{{"ignore_class", __builtin_nan("")}, {"epsilon", 1e-7}}};
constexpr Parameters<4> kFocal{{{"label_smoothing", 0.0}, {"epsilon", 1e-7}, {"gamma", 2.0}, {"alpha", 0.25}}};
constexpr Parameters<4> kGeneralized{{{"ignore_class", __builtin_nan("")}, {"q", 0.5}}};
constexpr Parameters<4> kTopK{{{"k", 5.0}, {"from_sorted_ids", 0.0}}};

constexpr RowLoss kRowLosses[] = {
    {"categorical_crossentropy", false, true, false, Behind::either, kSmoothed, 2},
    {"categorical_crossentropy_logits", false, true, true, Behind::either, kSmoothed, 2},
    {"sparse_categorical_crossentropy", true, true, false, Behind::either, kIgnoring, 2},
    {"sparse_categorical_crossentropy_logits", true, true, true, Behind::either, kIgnoring, 2},
    {"categorical_focal_crossentropy", false, true, false, Behind::nothing, kFocal, 4},
    {"categorical_focal_crossentropy_logits", false, true, true, Behind::nothing, kFocal, 4},
    {"categorical_hinge", false, true, false, Behind::nothing, {}, 0},
    {"cosine_similarity", false, true, false, Behind::nothing, {{{"sign", -1.0}, {"epsilon", 1e-7}}}, 2},
    {"categorical_generalized_cross_entropy", true, true, false, Behind::nothing, kGeneralized, 2},
    {"pearson_correlation", false, false, false, Behind::nothing, {}, 0},
    {"concordance_correlation", false, false, false, Behind::nothing, {{{"epsilon", 1e-7}}}, 1},
    {"categorical_accuracy", false, false, false, Behind::nothing, {}, 0},
    {"sparse_categorical_accuracy", true, false, false, Behind::nothing, {}, 0},
    {"top_k_categorical_accuracy", false, false, false, Behind::nothing, kTopK, 1},
    {"sparse_top_k_categorical_accuracy", true, false, false, Behind::nothing, kTopK, 2},
};
constexpr int kRowLossCount = sizeof(kRowLosses) / sizeof(kRowLosses[0]);
