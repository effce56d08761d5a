// Optimizers as the update of one element: update(w, g, slots, h, rate) with the gradient g, the optimizer's slots and
// its hyperparameters h in order. One pass over flat buffers applies it to all variables. rate(η, h, t) is worked out
// once a step from the learning rate η and the number t of the step, counted from 1.
#pragma once

/// Optimizers that use the learning rate as it is.
struct PlainRate {
  BARDANA_FN double rate(double learning_rate, const double*, double) { return learning_rate; }
};

/// Stochastic gradient descent: w ← w − η g.
struct Sgd : PlainRate {
  static constexpr const char* name = "sgd";
  static constexpr int slots = 0;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN void update(V& w, V g, V*, const double*, V lr) {
    w = fma(-lr, g, w);
  }
};

/// With momentum: v ← m v − η g, w ← w + v. Polyak 1964, equation 9.
struct SgdMomentum : PlainRate {
  static constexpr const char* name = "sgd_momentum";
  static constexpr int slots = 1;
  static constexpr Parameters<1> parameters{{{"momentum", 0.9}}};
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, V lr) {
    slot[0] = V::of(h[0]) * slot[0] - lr * g;
    w = w + slot[0];
  }
};

/// Nesterov's form: v ← m v − η g, w ← w + m v − η g. Sutskever et al. 2013, equations 3 and 4, rearranged.
struct SgdNesterov : PlainRate {
  static constexpr const char* name = "sgd_nesterov";
  static constexpr int slots = 1;
  static constexpr Parameters<1> parameters{{{"momentum", 0.9}}};
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, V lr) {
    slot[0] = V::of(h[0]) * slot[0] - lr * g;
    w = w + (V::of(h[0]) * slot[0] - lr * g);
  }
};

/// Adam: m ← m + (1 − β₁)(g − m), v ← v + (1 − β₂)(g² − v), w ← w − α m / (√v + ε), where α = η √(1 − β₂ᵗ) / (1 − β₁ᵗ)
/// corrects both biases. Kingma, Ba 2015, algorithm 1 in the order of operations of section 2, last paragraph.
struct Adam {
  static constexpr const char* name = "adam";
  static constexpr int slots = 2;
  static constexpr Parameters<3> parameters{{{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-7}}};
  BARDANA_FN double rate(double learning_rate, const double* h, double t) {
    return learning_rate * __builtin_sqrt(1.0 - __builtin_pow(h[1], t)) / (1.0 - __builtin_pow(h[0], t));
  }
  template <class V>
  BARDANA_FN void moments(V g, V* slot, const double* h) {
    slot[0] = slot[0] + V::of(1.0 - h[0]) * (g - slot[0]);
    slot[1] = slot[1] + V::of(1.0 - h[1]) * (g * g - slot[1]);
  }
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, V rate) {
    moments(g, slot, h);
    w = w - rate * slot[0] / (sqrt(slot[1]) + V::of(h[2]));
  }
};

/// AMSGrad: Adam with the largest v so far in the denominator. Reddi, Kale, Kumar 2018, algorithm 2.
struct AdamAmsgrad : Adam {
  static constexpr const char* name = "adam_amsgrad";
  static constexpr int slots = 3;
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const double* h, V rate) {
    moments(g, slot, h);
    slot[2] = max(slot[1], slot[2]);
    w = w - rate * slot[0] / (sqrt(slot[2]) + V::of(h[2]));
  }
};

using Optimizers = FormulaList<Sgd, SgdMomentum, SgdNesterov, Adam, AdamAmsgrad>;
