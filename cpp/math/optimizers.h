// Optimizers as the update of one element: update(w, g, slots, h, s) with the gradient g, the optimizer's slots, its
// hyperparameters h in order, and the numbers s of this step. One pass over flat buffers applies it to all variables.
// step_numbers(s, η, h, t) works out s once a step, from the learning rate η and the number t of the step, counted from
// 1. initial(slot, h) is what a slot is filled with at first.
//
// Keras rounds some hyperparameters to float32 where they enter a formula, whatever the type of the weights, and uses
// the same ones exactly elsewhere. Where both occur, h has the second value under a name of its own (NaN: the same).
#pragma once

/// Slots that start at zero, and the learning rate as the only number of a step.
struct PlainOptimizer {
  static constexpr int numbers = 1;
  BARDANA_FN double initial(int, const double*) { return 0.0; }
  BARDANA_FN void step_numbers(double* s, double learning_rate, const double*, double) { s[0] = learning_rate; }
  BARDANA_FN double given_or(double value, double otherwise) { return value == value ? value : otherwise; }
};

constexpr double kSame = __builtin_nan("");

/// −1, 0 or 1; NaN stays NaN.
template <class V>
BARDANA_FN V sign_of(V x) {
  return select(V::of(0) < x, V::of(1), select(x < V::of(0), V::of(-1), x));
}

/// Stochastic gradient descent: w ← w − η g.
struct Sgd : PlainOptimizer {
  static constexpr const char* name = "sgd";
  static constexpr int slots = 0;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN void update(V& w, V g, V*, const double*, const V* s) {
    w = fma(-s[0], g, w);
  }
};

/// With momentum: v ← m v − η g, w ← w + v. Polyak 1964, equation 9.
struct SgdMomentum : PlainOptimizer {
  static constexpr const char* name = "sgd_momentum";
  static constexpr int slots = 1;
  static constexpr Parameters<1> parameters{{{"momentum", 0.9}}};
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    slot[0] = V::of(h[0]) * slot[0] - s[0] * g;
    w = w + slot[0];
  }
};

/// Nesterov's form: v ← m v − η g, w ← w + m v − η g. Sutskever et al. 2013, equations 3 and 4, rearranged.
struct SgdNesterov : PlainOptimizer {
  static constexpr const char* name = "sgd_nesterov";
  static constexpr int slots = 1;
  static constexpr Parameters<1> parameters{{{"momentum", 0.9}}};
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    slot[0] = V::of(h[0]) * slot[0] - s[0] * g;
    w = w + (V::of(h[0]) * slot[0] - s[0] * g);
  }
};

/// Adam: m ← m + (1 − β₁)(g − m), v ← v + (1 − β₂)(g² − v), w ← w − α m / (√v + ε), where α = η √(1 − β₂ᵗ) / (1 − β₁ᵗ)
/// corrects both biases. Kingma, Ba 2015, algorithm 1 in the order of operations of section 2, last paragraph.
struct Adam : PlainOptimizer {
  static constexpr const char* name = "adam";
  static constexpr int slots = 2;
  static constexpr Parameters<5> parameters{
      {{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-7}, {"base_1", kSame}, {"base_2", kSame}}};  // bases of βᵗ
  BARDANA_FN void step_numbers(double* s, double learning_rate, const double* h, double t) {
    s[0] = learning_rate * __builtin_sqrt(1.0 - __builtin_pow(given_or(h[4], h[1]), t)) /
           (1.0 - __builtin_pow(given_or(h[3], h[0]), t));
  }
  template <class V>
  BARDANA_FN void moments(V g, V* slot, const double* h) {
    slot[0] = slot[0] + V::of(1.0 - h[0]) * (g - slot[0]);
    slot[1] = slot[1] + V::of(1.0 - h[1]) * (g * g - slot[1]);
  }
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    moments(g, slot, h);
    w = w - s[0] * slot[0] / (sqrt(slot[1]) + V::of(h[2]));
  }
};

/// AMSGrad: Adam with the largest v so far in the denominator. Reddi, Kale, Kumar 2018, algorithm 2.
struct AdamAmsgrad : Adam {
  static constexpr const char* name = "adam_amsgrad";
  static constexpr int slots = 3;
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    moments(g, slot, h);
    slot[2] = max(slot[1], slot[2]);
    w = w - s[0] * slot[0] / (sqrt(slot[2]) + V::of(h[2]));
  }
};

/// Adamax: m as Adam's, u ← max(β₂ u, |g|), w ← w − η m / ((1 − β₁ᵗ)(u + ε)). Kingma, Ba 2015, algorithm 2.
struct Adamax : PlainOptimizer {
  static constexpr const char* name = "adamax";
  static constexpr int slots = 2, numbers = 2;
  static constexpr Parameters<4> parameters{
      {{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-7}, {"base_1", kSame}}};  // base of β₁ᵗ
  BARDANA_FN void step_numbers(double* s, double learning_rate, const double* h, double t) {
    s[0] = learning_rate;
    s[1] = 1.0 - __builtin_pow(given_or(h[3], h[0]), t);
  }
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    slot[0] = slot[0] + V::of(1.0 - h[0]) * (g - slot[0]);
    slot[1] = max(V::of(h[1]) * slot[1], abs(g));
    w = w - s[0] * slot[0] / (s[1] * (slot[1] + V::of(h[2])));
  }
};

/// Π (1 − 0.96ⁱ / 2), i = 1 … t. Beyond the table every factor is 1.
struct NadamProducts {
  double until[1024];
  constexpr NadamProducts() : until() {
    double power = 1.0;
    until[0] = 1.0;
    for (int i = 1; i < 1024; ++i) {
      power *= 0.96;
      until[i] = until[i - 1] * (1.0 - 0.5 * power);
    }
  }
};
constexpr NadamProducts kNadamProducts;

/// Nadam: Adam with Nesterov's look ahead and μₜ = β₁ (1 − 0.96ᵗ / 2):
/// w ← w − η (μₜ₊₁ m / (1 − Πₜ₊₁) + (1 − μₜ) g / (1 − Πₜ)) / (√(v / (1 − β₂ᵗ)) + ε), Πₜ the product of μ₁ … μₜ.
/// Dozat 2016, algorithm 2.
struct Nadam : PlainOptimizer {
  static constexpr const char* name = "nadam";
  static constexpr int slots = 2, numbers = 4;
  static constexpr Parameters<5> parameters{
      {{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-7}, {"decay", 0.96}, {"product_beta_1", kSame}}};
  BARDANA_FN void step_numbers(double* s, double learning_rate, const double* h, double t) {
    const double now = h[0] * (1.0 - 0.5 * __builtin_pow(h[3], t));
    const double next = h[0] * (1.0 - 0.5 * __builtin_pow(h[3], t + 1.0));
    const double product =
        __builtin_pow(given_or(h[4], h[0]), t) * kNadamProducts.until[t < 1023.0 ? static_cast<int>(t) : 1023];
    s[0] = learning_rate;
    s[1] = next / (1.0 - product * next);
    s[2] = (1.0 - now) / (1.0 - product);
    s[3] = 1.0 - __builtin_pow(h[1], t);
  }
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    slot[0] = slot[0] + V::of(1.0 - h[0]) * (g - slot[0]);
    slot[1] = slot[1] + V::of(1.0 - h[1]) * (g * g - slot[1]);
    w = w - s[0] * (s[1] * slot[0] + s[2] * g) / (sqrt(slot[1] / s[3]) + V::of(h[2]));
  }
};

/// RMSprop: v ← ρ v + (1 − ρ) g², w ← w − η g / √(v + ε). Hinton 2012, lecture 6e.
struct RmsProp : PlainOptimizer {
  static constexpr const char* name = "rmsprop";
  static constexpr int slots = 1;
  static constexpr Parameters<3> parameters{{{"rho", 0.9}, {"epsilon", 1e-7}, {"momentum", 0.0}}};
  template <class V>
  BARDANA_FN V average(V old, V g, const double* h) {
    return V::of(h[0]) * old + V::of(1.0 - h[0]) * g;
  }
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    slot[0] = average(slot[0], g * g, h);
    w = w - s[0] * g / sqrt(slot[0] + V::of(h[1]));
  }
};

/// With momentum μ: p ← μ p + η g / √(v + ε), w ← w − p.
struct RmsPropMomentum : RmsProp {
  static constexpr const char* name = "rmsprop_momentum";
  static constexpr int slots = 2;
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    slot[0] = average(slot[0], g * g, h);
    slot[1] = V::of(h[2]) * slot[1] + s[0] * g / sqrt(slot[0] + V::of(h[1]));
    w = w - slot[1];
  }
};

/// Centred: a ← ρ a + (1 − ρ) g, and v − a² in place of v. Graves 2013, equations 38 to 40.
struct RmsPropCentered : RmsProp {
  static constexpr const char* name = "rmsprop_centered";
  static constexpr int slots = 2;
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    slot[0] = average(slot[0], g * g, h);
    slot[1] = average(slot[1], g, h);
    w = w - s[0] * g / sqrt(slot[0] - slot[1] * slot[1] + V::of(h[1]));
  }
};

struct RmsPropCenteredMomentum : RmsProp {
  static constexpr const char* name = "rmsprop_centered_momentum";
  static constexpr int slots = 3;
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    slot[0] = average(slot[0], g * g, h);
    slot[2] = average(slot[2], g, h);
    slot[1] = V::of(h[2]) * slot[1] + s[0] * g / sqrt(slot[0] - slot[2] * slot[2] + V::of(h[1]));
    w = w - slot[1];
  }
};

/// Adagrad: a ← a + g², w ← w − η g / √(a + ε). Duchi, Hazan, Singer 2011, section 1.
struct Adagrad : PlainOptimizer {
  static constexpr const char* name = "adagrad";
  static constexpr int slots = 1;
  static constexpr Parameters<2> parameters{{{"initial_accumulator_value", 0.1}, {"epsilon", 1e-7}}};
  BARDANA_FN double initial(int, const double* h) { return h[0]; }
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    slot[0] = slot[0] + g * g;
    w = w - s[0] * g / sqrt(slot[0] + V::of(h[1]));
  }
};

/// Adadelta: a ← ρ a + (1 − ρ) g², d = −g √(x + ε) / √(a + ε), x ← ρ x + (1 − ρ) d², w ← w + η d. Zeiler 2012,
/// algorithm 1.
struct Adadelta : PlainOptimizer {
  static constexpr const char* name = "adadelta";
  static constexpr int slots = 2;
  static constexpr Parameters<2> parameters{{{"rho", 0.95}, {"epsilon", 1e-7}}};
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    const V rho = V::of(h[0]), rest = V::of(1.0 - h[0]), epsilon = V::of(h[1]);
    slot[0] = rho * slot[0] + rest * (g * g);
    const V step = -(sqrt(slot[1] + epsilon) * g / sqrt(slot[0] + epsilon));
    slot[1] = rho * slot[1] + rest * (step * step);
    w = w + s[0] * step;
  }
};

/// FTRL-proximal: n' = n + g², z ← z + g + 2 λ w − (n'⁻ᵖ − n⁻ᵖ) w / η, w ← (clip(z, −λ₁, λ₁) − z) / (n'⁻ᵖ / η + 2 λ₂ +
/// β / η), n ← n', with the shrinkage λ and the power p = −½. McMahan et al. 2013, algorithm 1.
struct Ftrl : PlainOptimizer {
  static constexpr const char* name = "ftrl";
  static constexpr int slots = 2, numbers = 2;
  static constexpr Parameters<6> parameters{{{"initial_accumulator_value", 0.1},
                                             {"l1_regularization_strength", 0.0},
                                             {"l2_regularization_strength", 0.0},
                                             {"l2_shrinkage_regularization_strength", 0.0},
                                             {"beta", 0.0},
                                             {"learning_rate_power", -0.5}}};
  BARDANA_FN double initial(int slot, const double* h) { return slot == 0 ? h[0] : 0.0; }
  BARDANA_FN void step_numbers(double* s, double learning_rate, const double* h, double) {
    s[0] = learning_rate;
    s[1] = 2.0 * (h[2] + h[4] / (2.0 * learning_rate));
  }
  template <class V>
  BARDANA_FN void follow(V& w, V g, V* slot, const double* h, const V* s, V sum, V new_power, V old_power) {
    slot[1] = slot[1] + (g + V::of(2.0 * h[3]) * w - (new_power - old_power) / s[0] * w);
    const V bounded = min(V::of(h[1]), max(V::of(-h[1]), slot[1]));
    w = (bounded - slot[1]) / (new_power / s[0] + s[1]);
    slot[0] = sum;
  }
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    const V sum = slot[0] + g * g;
    follow(w, g, slot, h, s, sum, sqrt(sum), sqrt(slot[0]));
  }
};

/// The same with any p ≤ 0.
struct FtrlPower : Ftrl {
  static constexpr const char* name = "ftrl_power";
  template <class V>
  BARDANA_FN V power(V x, const double* h) {
    return h[5] == 0.0 ? V::of(1) : exp(V::of(-h[5]) * log(x));  // 0⁰ = 1
  }
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    const V sum = slot[0] + g * g;
    follow(w, g, slot, h, s, sum, power(sum, h), power(slot[0], h));
  }
};

/// Lion: w ← w − η sign(β₁ m + (1 − β₁) g), m ← β₂ m + (1 − β₂) g. Chen et al. 2023, algorithm 2.
struct Lion : PlainOptimizer {
  static constexpr const char* name = "lion";
  static constexpr int slots = 1;
  static constexpr Parameters<2> parameters{{{"beta_1", 0.9}, {"beta_2", 0.99}}};
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, const V* s) {
    w = w - s[0] * sign_of(slot[0] * V::of(h[0]) + g * V::of(1.0 - h[0]));
    slot[0] = slot[0] * V::of(h[1]) + g * V::of(1.0 - h[1]);
  }
};

using Optimizers =
    FormulaList<Sgd, SgdMomentum, SgdNesterov, Adam, AdamAmsgrad, Adamax, Nadam, RmsProp, RmsPropMomentum,
                RmsPropCentered, RmsPropCenteredMomentum, Adagrad, Adadelta, Ftrl, FtrlPower, Lion>;
