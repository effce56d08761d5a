// Constraints: what becomes of weights after every optimizer step, given the Euclidean norm of the group they belong to
// (one output unit of a layer, say). ε keeps groups of zeros at zero. Srebro, Shraibman 2005 have the bounded norm.
#pragma once

/// max(w, 0).
struct NonNeg {
  static constexpr const char* name = "non_neg";
  static constexpr bool wants_norm = false;
  static constexpr Parameters<0> parameters{};
  template <class V>
  BARDANA_FN V value(V w, V, const V*) {
    return max(V::of(0), w);
  }
};

/// w · min(‖w‖, max) / (ε + ‖w‖).
struct MaxNorm {
  static constexpr const char* name = "max_norm";
  static constexpr bool wants_norm = true;
  static constexpr Parameters<2> parameters{{{"max_value", 2.0}, {"epsilon", 1e-7}}};
  template <class V>
  BARDANA_FN V value(V w, V norm, const V* p) {
    return w * (min(norm, p[0]) / (p[1] + norm));
  }
};

/// w / (ε + ‖w‖).
struct UnitNorm {
  static constexpr const char* name = "unit_norm";
  static constexpr bool wants_norm = true;
  static constexpr Parameters<1> parameters{{{"epsilon", 1e-7}}};
  template <class V>
  BARDANA_FN V value(V w, V norm, const V* p) {
    return w / (p[0] + norm);
  }
};

/// w · (rate · clip(‖w‖, min, max) + (1 − rate) · ‖w‖) / (ε + ‖w‖).
struct MinMaxNorm {
  static constexpr const char* name = "min_max_norm";
  static constexpr bool wants_norm = true;
  static constexpr Parameters<4> parameters{{{"min_value", 0.0}, {"max_value", 1.0}, {"rate", 1.0}, {"epsilon", 1e-7}}};
  template <class V>
  BARDANA_FN V value(V w, V norm, const V* p) {
    const V desired = p[2] * min(max(norm, p[0]), p[1]) + (V::of(1) - p[2]) * norm;
    return w * (desired / (p[3] + norm));
  }
};

using Constraints = FormulaList<NonNeg, MaxNorm, UnitNorm, MinMaxNorm>;
