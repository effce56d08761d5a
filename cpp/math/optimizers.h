// Optimizers as the update of one element: update(w, g, slots, h, lr) with the gradient g, the optimizer's slots and
// its hyperparameters h in order. One pass over flat buffers applies it to all variables.
#pragma once

/// Stochastic gradient descent: w ← w − η g.
struct Sgd {
  static constexpr const char* name = "sgd";
  static constexpr int slots = 0;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN void update(V& w, V g, V*, const V*, V lr) {
    w = w - lr * g;
  }
};

/// With momentum: v ← m v − η g, w ← w + v. Polyak 1964, equation 9.
struct SgdMomentum {
  static constexpr const char* name = "sgd_momentum";
  static constexpr int slots = 1;
  static constexpr Parameters<1> parameters{{{"momentum", 0.9}}};
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const V* h, V lr) {
    slot[0] = h[0] * slot[0] - lr * g;
    w = w + slot[0];
  }
};

/// Nesterov's form: v ← m v − η g, w ← w + m v − η g. Sutskever et al. 2013, equations 3 and 4, rearranged.
struct SgdNesterov {
  static constexpr const char* name = "sgd_nesterov";
  static constexpr int slots = 1;
  static constexpr Parameters<1> parameters{{{"momentum", 0.9}}};
  template <class V>
  BARDANA_FN void update(V& w, V g, V* slot, const V* h, V lr) {
    slot[0] = h[0] * slot[0] - lr * g;
    w = w + (h[0] * slot[0] - lr * g);
  }
};

using Optimizers = FormulaList<Sgd, SgdMomentum, SgdNesterov>;
