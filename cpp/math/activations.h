// Elementwise activations y = f(x) and their derivatives, written once for every ISA and for CUDA.
// value(x, p) is f(x); grad(s, dy, p) is dy · f'(x), where s is x or y as `saves` says; p holds the parameters in
// order. Softmax and its like mix the elements of a row and are kernels of their own (cpu/kernels/rows.inl); formulas
// of straight lines and parabolas stand in piecewise.h.
#pragma once

/// y = x.
struct Linear {
  static constexpr const char* name = "linear";
  static constexpr Saves saves = Saves::output;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return x;
  }
  template <class V>
  BARDANA_FN V grad(V, V dy, const V*) {
    return dy;
  }
};

/// y = max(x, 0); NaN stays NaN, and the derivative at 0 is 0.
struct Relu {
  static constexpr const char* name = "relu";
  static constexpr Saves saves = Saves::output;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return select(x <= V::of(0), V::of(0), x);
  }
  template <class V>
  BARDANA_FN V grad(V y, V dy, const V*) {
    return select(y > V::of(0), dy, V::of(0));
  }
};

/// y = max_value where x ≥ max_value, x where threshold < x, negative_slope · (x − threshold) below.
struct BoundedRelu {
  static constexpr const char* name = "bounded_relu";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<3> parameters{
      {{"negative_slope", 0.0}, {"max_value", __builtin_huge_val()}, {"threshold", 0.0}}};
  template <class V>
  BARDANA_FN V value(V x, const V* p) {
    const V flat = select(x == x, V::of(0), x);  // a slope of 0 times −∞ is 0 here
    const V below = select(p[0] == V::of(0), flat, p[0] * (x - p[2]));
    return select(x > p[2], select(x < p[1], x, p[1]), below);
  }
  /// At max_value the gradient passes and at the threshold it is 0, as TensorFlow's clip and relu have it; its relu6,
  /// which Keras takes where max_value is 6 and the threshold 0, is flat at 6.
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V* p) {
    const auto relu6 = (p[1] == V::of(6)) & (p[2] == V::of(0));
    const V above = select((x < p[1]) | ((x == p[1]) & !relu6), dy, V::of(0));
    return select(x > p[2], above, select(x < p[2], p[0] * dy, V::of(0)));
  }
};

/// y = x where x > 0, negative_slope · x below.
struct LeakyRelu {
  static constexpr const char* name = "leaky_relu";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<1> parameters{{{"negative_slope", 0.2}}};
  template <class V>
  BARDANA_FN V value(V x, const V* p) {
    return select(x > V::of(0), x, p[0] * x);
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V* p) {
    return select(x > V::of(0), dy, p[0] * dy);
  }
};

/// y = 1 / (1 + e⁻ˣ), dy/dx = y (1 − y).
struct Sigmoid {
  static constexpr const char* name = "sigmoid";
  static constexpr Saves saves = Saves::output;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return sigmoid(x);
  }
  template <class V>
  BARDANA_FN V grad(V y, V dy, const V*) {
    return dy * (y * (V::of(1) - y));
  }
};

/// y = tanh x, dy/dx = 1 − y².
struct Tanh {
  static constexpr const char* name = "tanh";
  static constexpr Saves saves = Saves::output;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return tanh(x);
  }
  template <class V>
  BARDANA_FN V grad(V y, V dy, const V*) {
    return dy * fma(-y, y, V::of(1));
  }
};

/// y = eˣ, dy/dx = y.
struct Exponential {
  static constexpr const char* name = "exponential";
  static constexpr Saves saves = Saves::output;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return exp(x);
  }
  template <class V>
  BARDANA_FN V grad(V y, V dy, const V*) {
    return dy * y;
  }
};

/// y = log(1 + eˣ) in the stable form max(x, 0) + log1p(e^−|x|); dy/dx = −expm1(−y).
struct Softplus {
  static constexpr const char* name = "softplus";
  static constexpr Saves saves = Saves::output;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    const V tail = log1p(exp(-abs(x)));
    return select(x <= V::of(0), tail, x + tail);
  }
  template <class V>
  BARDANA_FN V grad(V y, V dy, const V*) {
    return -(dy * expm1(-y));
  }
};

/// y = x / (1 + |x|), dy/dx = (1 − |y|)².
struct Softsign {
  static constexpr const char* name = "softsign";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return x / (V::of(1) + abs(x));
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V*) {
    const V d = V::of(1) + abs(x);
    return dy / (d * d);
  }
};

/// y = x where x > 0, α (eˣ − 1) below. Clevert, Unterthiner, Hochreiter 2016, equation 1.
struct Elu {
  static constexpr const char* name = "elu";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<1> parameters{{{"alpha", 1.0}}};
  template <class V>
  BARDANA_FN V value(V x, const V* p) {
    return select(x > V::of(0), x, p[0] * expm1(x));
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V* p) {
    return select(x > V::of(0), dy, dy * (p[0] * exp(x)));
  }
};

/// y = λ x where x > 0, λ α (eˣ − 1) below. Klambauer et al. 2017, equation 2, constants of section 2.
struct Selu {
  static constexpr const char* name = "selu";
  static constexpr Saves saves = Saves::output;
  static constexpr Parameters<0> parameters{};
  static constexpr double kAlpha = 1.6732632423543772, kScale = 1.0507009873554805;
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return select(x > V::of(0), V::of(kScale) * x, V::of(kScale * kAlpha) * expm1(x));
  }
  template <class V>
  BARDANA_FN V grad(V y, V dy, const V*) {
    return select(y < V::of(0), dy * (y + V::of(kScale * kAlpha)), V::of(kScale) * dy);
  }
};

/// y = x / (1 + e⁻ˣ), also called swish; dy/dx = σ (1 + x (1 − σ)).
struct Silu {
  static constexpr const char* name = "silu";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return x * sigmoid(x);
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V*) {
    const V s = sigmoid(x);
    return dy * (s * fma(x, V::of(1) - s, V::of(1)));
  }
};

/// y = x Φ(x) with the normal distribution Φ(x) = (1 + erf(x / √2)) / 2; dy/dx = Φ(x) + x φ(x).
/// Hendrycks, Gimpel 2016, section 2.
struct Gelu {
  static constexpr const char* name = "gelu";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V cdf(V x) {
    return V::of(0.5) * (V::of(1) + erf(x * V::of(0.7071067811865476)));
  }
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return x * cdf(x);
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V*) {
    const V density = V::of(0.3989422804014327) * exp(V::of(-0.5) * x * x);
    return dy * fma(x, density, cdf(x));
  }
};

/// y = x (1 + tanh u) / 2 with u = √(2/π) (x + 0.044715 x³): the approximation of Gelu, ibid.
struct GeluTanh {
  static constexpr const char* name = "gelu_tanh";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<0> parameters{};
  static constexpr double kRoot = 0.7978845608028654, kCubic = 0.044715;
  template <class V>
  BARDANA_FN V inner(V x) {
    return V::of(kRoot) * x * fma(V::of(kCubic) * x, x, V::of(1));
  }
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return V::of(0.5) * x * (V::of(1) + tanh(inner(x)));
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V*) {
    const V t = tanh(inner(x));
    const V near = min(V::of(10), max(V::of(-10), x));  // beyond, 1 − t² is 0 and the slope would overflow
    const V slope = V::of(kRoot) * fma(V::of(3 * kCubic) * near, near, V::of(1));
    return dy * (V::of(0.5) * fma(x * fma(-t, t, V::of(1)), slope, V::of(1) + t));
  }
};

/// y = x where x > 0, α (e^(x/α) − 1) below: Elu with a slope of 1 on both sides of 0 for every α. Barron 2017.
struct Celu {
  static constexpr const char* name = "celu";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<1> parameters{{{"alpha", 1.0}}};
  template <class V>
  BARDANA_FN V value(V x, const V* p) {
    return select(x > V::of(0), x, p[0] * expm1(x / p[0]));
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V* p) {
    return select(x > V::of(0), dy, dy * exp(x / p[0]));
  }
};

/// y = log σ(x) = −log(1 + e⁻ˣ), as min(x, 0) − log1p(e^−|x|); dy/dx = −expm1(y).
struct LogSigmoid {
  static constexpr const char* name = "log_sigmoid";
  static constexpr Saves saves = Saves::output;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    const V tail = log1p(exp(-abs(x)));
    return select(x >= V::of(0), -tail, x - tail);
  }
  template <class V>
  BARDANA_FN V grad(V y, V dy, const V*) {
    return -(dy * expm1(y));
  }
};

/// y = x tanh(log(1 + eˣ)). With e = eˣ and n = e (e + 2) the tanh is n / (n + 2), 1 from e⁴⁰ on in both types;
/// dy/dx = tanh + x σ(x) (1 − tanh²), where 1 − tanh = 2 / (n + 2). Misra 2019.
struct Mish {
  static constexpr const char* name = "mish";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    const V e = exp(min(V::of(40), x)), n = e * (e + V::of(2));
    return x * (n / (n + V::of(2)));
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V*) {
    const V near = min(V::of(40), x), e = exp(near), n = e * (e + V::of(2)), d = n + V::of(2);
    const V t = n / d, slope = near * (e / (V::of(1) + e)) * (V::of(2) / d);
    return dy * fma(slope, V::of(1) + t, t);
  }
};

/// y = x − tanh x, dy/dx = tanh² x.
struct TanhShrink {
  static constexpr const char* name = "tanh_shrink";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V x, const V*) {
    return x - tanh(x);
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V*) {
    const V t = tanh(x);
    return dy * (t * t);
  }
};

/// y = (x + s) / 2 with s = √(x² + b), below 0 as b / 2 / (s − x); dy/dx = y / s. Barron 2021.
struct Squareplus {
  static constexpr const char* name = "squareplus";
  static constexpr Saves saves = Saves::input;
  static constexpr Parameters<1> parameters{{{"b", 4.0}}};
  static constexpr double kLarge = 1e18;  // from here on s is |x| in both types; squares of floats overflow at 1.8e19
  template <class V>
  BARDANA_FN V root(V x, const V* p) {
    return select(abs(x) > V::of(kLarge), abs(x), sqrt(fma(x, x, p[0])));
  }
  template <class V>
  BARDANA_FN V value(V x, V s, const V* p) {
    return select(x < V::of(0), V::of(0.5) * p[0] / (s - x), V::of(0.5) * x + V::of(0.5) * s);
  }
  template <class V>
  BARDANA_FN V value(V x, const V* p) {
    return value(x, root(x, p), p);
  }
  template <class V>
  BARDANA_FN V grad(V x, V dy, const V* p) {
    const V s = root(x, p);
    return select(x > V::of(kLarge), dy, dy * (value(x, s, p) / s));
  }
};

using Activations =
    FormulaList<Linear, Relu, BoundedRelu, LeakyRelu, Sigmoid, Tanh, Exponential, Softplus, Softsign, Elu, Selu, Silu,
                Gelu, GeluTanh, Celu, LogSigmoid, Mish, TanhShrink, Squareplus, HardSigmoid, HardSilu, HardTanh,
                HardShrink, SoftShrink, SparsePlus, SparseSigmoid, Threshold, Heaviside, Sign>;
