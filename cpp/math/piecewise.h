// Elementwise activations made of straight lines and parabolas; what their members mean says activations.h. At a kink
// the derivative is the one that TensorFlow gives the Keras function of the same name. NaN stays NaN.
#pragma once

/// y = min(1, max(0, (x + 3) / 6)).
struct HardSigmoid {
  static constexpr const char* name = "hard_sigmoid";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    const V line = (x + V::of(3)) * V::of(1.0 / 6.0);
    return select(x <= V::of(-3), V::of(0), select(x >= V::of(3), V::of(1), line));
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V*) {
    return select((x > V::of(-3)) & (x < V::of(3)), dy * V::of(1.0 / 6.0), V::of(0));
  }
};

/// y = x · hard_sigmoid(x), also called hard swish. Howard et al. 2019, section 5.2.
struct HardSilu {
  static constexpr const char* name = "hard_silu";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V* p) {
    return x * HardSigmoid::value(x, p);
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V*) {
    const V inside = dy * fma(x, V::of(1.0 / 3.0), V::of(0.5));
    return select(x > V::of(-3), select(x < V::of(3), inside, dy), V::of(0));
  }
};

/// y = min(1, max(−1, x)).
struct HardTanh {
  static constexpr const char* name = "hard_tanh";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return min(V::of(1), max(V::of(-1), x));
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V*) {
    return select((x >= V::of(-1)) & (x <= V::of(1)), dy, V::of(0));
  }
};

/// y = 0 where |x| ≤ threshold, x elsewhere.
struct HardShrink {
  static constexpr const char* name = "hard_shrink";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<1> parameters{{{"threshold", 0.5}}};
  template <class V>
  BARDANA_FN V value(V x, const V* p) {
    return select(abs(x) <= p[0], V::of(0), x);
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V* p) {
    return select(abs(x) > p[0], dy, V::of(0));
  }
};

/// y = x − threshold above the threshold, x + threshold below its negative, 0 between.
struct SoftShrink {
  static constexpr const char* name = "soft_shrink";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<1> parameters{{{"threshold", 0.5}}};
  template <class V>
  BARDANA_FN V value(V x, const V* p) {
    return select(abs(x) <= p[0], V::of(0), x - copysign(p[0], x));
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V* p) {
    return select(abs(x) > p[0], dy, V::of(0));
  }
};

/// y = 0 where x ≤ −1, (x + 1)² / 4 up to 1, x from there on. Ramapuram et al. 2021.
struct SparsePlus {
  static constexpr const char* name = "sparse_plus";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    const V root = V::of(0.5) * (x + V::of(1));
    return select(x <= V::of(-1), V::of(0), select(x < V::of(1), root * root, x));
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V*) {
    const V inside = dy * (V::of(0.5) * (x + V::of(1)));
    return select(x > V::of(-1), select(x < V::of(1), inside, dy), V::of(0));
  }
};

/// y = 0 where x ≤ −1, (x + 1) / 2 up to 1, 1 from there on: the derivative of SparsePlus.
struct SparseSigmoid {
  static constexpr const char* name = "sparse_sigmoid";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return min(V::of(1), max(V::of(0), V::of(0.5) * (x + V::of(1))));
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V*) {
    return select((x > V::of(-1)) & (x < V::of(1)), V::of(0.5) * dy, V::of(0));
  }
};

/// y = default_value where x ≤ threshold, x elsewhere.
struct Threshold {
  static constexpr const char* name = "threshold";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<2> parameters{{{"threshold", 0.0}, {"default_value", 0.0}}};
  template <class V>
  BARDANA_FN V value(V x, const V* p) {
    return select(x <= p[0], p[1], x);
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V* p) {
    return select(x > p[0], dy, V::of(0));
  }
};

/// y = 0 where x < 0, 1 from there on: the step of a threshold logic unit. Its derivative is 0 wherever it has one, and
/// is taken as 0 at the step.
struct Heaviside {
  static constexpr const char* name = "heaviside";
  static constexpr Saves saves = Saves::output;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return select(x >= V::of(0), V::of(1), select(x < V::of(0), V::of(0), x));
  }
  template <class V>
  BARDANA_FN V grad(V, V dy, const V*) {
    return select(dy == dy, V::of(0), dy);
  }
};

/// y = −1 where x < 0, 0 at 0, 1 above; the derivative as for Heaviside.
struct Sign {
  static constexpr const char* name = "sign";
  static constexpr Saves saves = Saves::output;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return select(x > V::of(0), V::of(1), select(x < V::of(0), V::of(-1), x));
  }
  template <class V>
  BARDANA_FN V grad(V y, V dy, const V* p) {
    return Heaviside::grad(y, dy, p);
  }
};
