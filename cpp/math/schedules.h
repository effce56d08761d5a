// Learning-rate schedules: the rate of step `step`, counted from 0, from parameters p in order. Keras works them out in
// float32, whatever the type of the weights, and so do these, operation by operation; the functions of the C library
// are taken in double and rounded.
#pragma once

BARDANA_FN float rounded_pow(float a, float b) { return static_cast<float>(__builtin_pow(a, b)); }
BARDANA_FN float rounded_log(float a) { return static_cast<float>(__builtin_log(a)); }
BARDANA_FN float rounded_cos_pi(float a) { return static_cast<float>(__builtin_cos(3.14159274101257324f * a)); }
BARDANA_FN float as_float(double a) { return static_cast<float>(a); }

/// η₀ rᵖ, p = step / steps, whole periods only with staircase.
struct ExponentialDecay {
  static constexpr const char* name = "exponential_decay";
  static constexpr Parameters<4> parameters{
      {{"initial_learning_rate", 0.0}, {"decay_steps", 1.0}, {"decay_rate", 1.0}, {"staircase", 0.0}}};
  BARDANA_FN float periods(float step, const double* p) {
    const float periods = step / as_float(p[1]);
    return p[3] != 0.0 ? __builtin_floorf(periods) : periods;
  }
  BARDANA_FN float value(float step, const double* p) {
    return as_float(p[0]) * rounded_pow(as_float(p[2]), periods(step, p));
  }
};

/// η₀ / (1 + r p).
struct InverseTimeDecay : ExponentialDecay {
  static constexpr const char* name = "inverse_time_decay";
  BARDANA_FN float value(float step, const double* p) {
    return as_float(p[0]) / (1.0f + as_float(p[2]) * periods(step, p));
  }
};

/// (η₀ − η₁)(1 − step / steps)ᵃ + η₁, from `steps` on η₁; with cycle `steps` grows by multiples of itself instead.
struct PolynomialDecay {
  static constexpr const char* name = "polynomial_decay";
  static constexpr Parameters<5> parameters{{{"initial_learning_rate", 0.0},
                                             {"decay_steps", 1.0},
                                             {"end_learning_rate", 0.0},
                                             {"power", 1.0},
                                             {"cycle", 0.0}}};
  BARDANA_FN float value(float step, const double* p) {
    float steps = as_float(p[1]);
    if (p[4] != 0.0) {
      steps = steps * (step == 0.0f ? 1.0f : __builtin_ceilf(step / steps));
    } else {
      step = step < steps ? step : steps;
    }
    const float first = as_float(p[0]), last = as_float(p[2]);
    return (first - last) * rounded_pow(1.0f - step / steps, as_float(p[3])) + last;
  }
};

/// η₀ ((1 − α)(1 + cos π f) / 2 + α), f = step / steps up to 1; after a linear rise to a target in some steps, if
/// wanted, from which the decay then starts.
struct CosineDecay {
  static constexpr const char* name = "cosine_decay";
  static constexpr Parameters<6> parameters{{{"initial_learning_rate", 0.0},
                                             {"decay_steps", 1.0},
                                             {"alpha", 0.0},
                                             {"warmup_target", 0.0},
                                             {"warmup_steps", 0.0},
                                             {"warms_up", 0.0}}};
  BARDANA_FN float decayed(float step, float from, const double* p) {
    const float share = 0.5f * (1.0f + rounded_cos_pi(step / as_float(p[1])));
    return from * (as_float(1.0 - p[2]) * share + as_float(p[2]));
  }
  BARDANA_FN float value(float step, const double* p) {
    const float first = as_float(p[0]), steps = as_float(p[1]);
    if (p[5] == 0.0) return decayed(step < steps ? step : steps, first, p);
    const float target = as_float(p[3]), rise = as_float(p[4]);
    step = step < steps + rise ? step : steps + rise;
    if (step < rise) return (target - first) * (step / rise) + first;
    return decayed(step - rise, target, p);
  }
};

/// Cosine decay that starts again, each time over t_mul as many steps and from m_mul as high. Loshchilov, Hutter 2017.
struct CosineDecayRestarts {
  static constexpr const char* name = "cosine_decay_restarts";
  static constexpr Parameters<5> parameters{
      {{"initial_learning_rate", 0.0}, {"first_decay_steps", 1.0}, {"t_mul", 2.0}, {"m_mul", 1.0}, {"alpha", 0.0}}};
  BARDANA_FN float value(float step, const double* p) {
    const float growth = as_float(p[2]), alpha = as_float(p[4]);
    float fraction = step / as_float(p[1]), restarts = __builtin_floorf(fraction);
    if (growth == 1.0f) {
      fraction -= restarts;
    } else {
      restarts = __builtin_floorf(rounded_log(1.0f - fraction * (1.0f - growth)) / rounded_log(growth));
      const float length = rounded_pow(growth, restarts);
      fraction = (fraction - (1.0f - length) / (1.0f - growth)) / length;
    }
    const float share = 0.5f * rounded_pow(as_float(p[3]), restarts) * (1.0f + rounded_cos_pi(fraction));
    return as_float(p[0]) * ((1.0f - alpha) * share + alpha);
  }
};

using Schedules = FormulaList<ExponentialDecay, InverseTimeDecay, PolynomialDecay, CosineDecay, CosineDecayRestarts>;
