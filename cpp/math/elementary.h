// exp, expm1, log, log1p, tanh, sigmoid and erf, written once over the abstract number type V (see scalar.h). float:
// branch-free polynomials below. double: the C library, lane by lane. Errors are in ulp (distance of neighbouring
// floats, 2⁻¹⁴⁹ for denormals), the largest over all 2³² arguments against a double reference: first with a fused
// fma, then with fma rounded twice; `test_elementary 1` measures them. Coefficients: fit_elementary.py. Included as
// text inside a namespace: no #include, no library names.
#pragma once

template <class V>
constexpr bool kIsDouble = sizeof(typename V::Element) == sizeof(double);

constexpr double kLn2 = 0.6931471805599453;
constexpr double kInfinity = __builtin_huge_val();
constexpr double kNan = __builtin_nan("");

/// first + x · (second + x · (…)), by Horner's rule.
template <class V, class... Rest>
BARDANA_FN V polynomial(V x, double first, Rest... rest) {
  if constexpr (sizeof...(rest) == 0) {
    return V::of(first);
  } else {
    return fma(polynomial(x, rest...), x, V::of(first));
  }
}

/// a · 2ⁿ for whole −252 ≤ n ≤ 254, rounded once if a is near 1. An ISA may overload it by its own instruction.
template <class V>
BARDANA_FN V ldexp_wide(V a, V n) {
  const V half = round_even(n * V::of(0.5));
  return ldexp_fast(ldexp_fast(a, half), n - half);
}

/// x = n ln 2 + r and the value of expm1(r).
template <class V>
struct ReducedExponent {
  V n, expm1_r;
};

/// Cody and Waite's reduction to |r| ≤ ln 2 / 2 (Muller, "Elementary Functions", chapter on range reduction): ln 2 is
/// cut into 15 bits, so that n · high is exact also without fma, and a rest. expm1(r) = r + r² q(r), q of degree 4,
/// relative error 2⁻²⁶.
template <class V>
BARDANA_FN ReducedExponent<V> reduce_exponent(V x) {
  const V n = round_even(x * V::of(1.4426950408889634));
  V r = fma(n, V::of(-0.693145751953125), x);
  r = fma(n, V::of(-1.42860682030941723e-6), r);
  const V q = polynomial(r, 0.49999997, 0.166665435, 0.0416675135, 0.00836657267, 0.00138637039);
  return {n, fma(r * r, q, r)};
}

/// eˣ. Largest error 1.04, 1.01 ulp, denormal results included; 0 below −104, ∞ above 88.73.
template <class V>
BARDANA_FN V exp(V x) {
  if constexpr (kIsDouble<V>) {
    return lanewise(x, [](double t) { return BARDANA_LIBRARY(exp)(t); });
  } else {
    const auto e = reduce_exponent(max(V::of(-104), min(V::of(89), x)));
    return ldexp_wide(V::of(1) + e.expm1_r, e.n);
  }
}

/// eˣ − 1 = 2ⁿ expm1(r) + (2ⁿ − 1), halved so that 2¹²⁸ does not overflow. Largest error 1.53, 1.66 ulp.
template <class V>
BARDANA_FN V expm1(V x) {
  if constexpr (kIsDouble<V>) {
    return lanewise(x, [](double t) { return BARDANA_LIBRARY(expm1)(t); });
  } else {
    const auto e = reduce_exponent(max(V::of(-20), min(V::of(89), x)));
    const V power = ldexp_fast(V::of(1), e.n - V::of(1));
    const V half = fma(power, e.expm1_r, power - V::of(0.5));
    return select(abs(x) < V::of(0x1p-24), x, half + half);  // x itself: keeps −0 and denormals
  }
}

/// log(1 + f) for |f| ≤ 1/3: f + f² q(f), q of degree 8, relative error 2⁻²⁷·⁷.
template <class V>
BARDANA_FN V log1p_near_zero(V f) {
  const V q = polynomial(f, -0.5, 0.333332121, -0.249998242, 0.200105831, -0.16679354, 0.140033677, -0.121992864,
                         0.139955044, -0.128287032);
  return fma(f * f, q, f);
}

/// a = m · 2ᵏ with m in (2/3, 4/3], for normal positive a.
template <class V>
struct Split {
  V m, k;
};
template <class V>
BARDANA_FN Split<V> split_near_one(V a) {
  const V m = mantissa(a), k = exponent(a);
  const auto large = m > V::of(1.3333333333333333);
  return {select(large, m * V::of(0.5), m), select(large, k + V::of(1), k)};
}

/// log x = k ln 2 + log m with x = m · 2ᵏ; m − 1 is exact. With this interval of m one float of ln 2 is enough, for
/// little cancels at k = −1; Arm Optimized Routines cut the same way (math/v_logf.c). Largest error 0.94, 1.07 ulp.
template <class V>
BARDANA_FN V log(V x) {
  if constexpr (kIsDouble<V>) {
    return lanewise(x, [](double t) { return BARDANA_LIBRARY(log)(t); });
  } else {
    const auto denormal = x < V::of(0x1p-126);
    const auto [m, k] = split_near_one(select(denormal, x * V::of(0x1p24), x));
    const V exponent_of_x = select(denormal, k - V::of(24), k);
    const V y = fma(exponent_of_x, V::of(kLn2), log1p_near_zero(m - V::of(1)));
    const V not_positive = select(x == V::of(0), V::of(-kInfinity), V::of(kNan));
    return select(x > V::of(0), select(x < V::of(kInfinity), y, x), not_positive);
  }
}

/// log(1 + x) = k ln 2 + log(1 + f) with 1 + f = (1 + x) 2⁻ᵏ. The rounded 1 + x serves to find k only; f itself is x
/// 2⁻ᵏ + (2⁻ᵏ − 1), where x 2⁻ᵏ is exact; the vector log1pf of Arm Optimized Routines scales so too. Largest error
/// 1.55, 1.71 ulp.
template <class V>
BARDANA_FN V log1p(V x) {
  if constexpr (kIsDouble<V>) {
    return lanewise(x, [](double t) { return BARDANA_LIBRARY(log1p)(t); });
  } else {
    const V k = split_near_one(V::of(1) + x).k;
    const V scale = ldexp_fast(V::of(0.25), V::of(2) - k);  // k = 128 gives the denormal 2⁻¹²⁸
    const V f = fma(x, scale, scale - V::of(1));
    const V y = copysign(fma(k, V::of(kLn2), log1p_near_zero(f)), x);
    const V outside = select(x == V::of(-1), V::of(-kInfinity), V::of(kNan));
    return select(x > V::of(-1), select(x < V::of(kInfinity), y, x), outside);
  }
}

/// tanh x = x + x³ q(x²) for |x| < 0.55, q of degree 4, relative error 2⁻²⁹; else 1 − 2 v / (1 + v) with v =
/// e^(−2|x|), which cannot overflow (Cody and Waite, "Software Manual for the Elementary Functions", 1980, on TANH).
/// It rounds to ±1 before 10. Largest error 1.52, 1.53 ulp; one quotient −expm1(−2|x|) / (1 + v) for all x reached
/// 2.5.
template <class V>
BARDANA_FN V tanh(V x) {
  if constexpr (kIsDouble<V>) {
    return lanewise(x, [](double t) { return BARDANA_LIBRARY(tanh)(t); });
  } else {
    const V a = min(V::of(10), abs(x)), square = a * a;
    const V q = polynomial(square, -0.333333164, 0.133325547, -0.0538494214, 0.0210609399, -0.00626025023);
    const auto e = reduce_exponent(V::of(-2) * a);
    const V v = ldexp_fast(V::of(1) + e.expm1_r, e.n);
    const V large = fma(V::of(-2), v / (V::of(1) + v), V::of(1));
    return copysign(select(a < V::of(0.55), fma(square * a, q, a), large), x);
  }
}

/// 1 / (1 + e⁻ˣ), as e^x / (1 + e^x) for x < 0, so that nothing overflows. Largest error 2.41, 2.41 ulp.
template <class V>
BARDANA_FN V sigmoid(V x) {
  const V e = exp(-abs(x));
  return select(x < V::of(0), e, V::of(1)) / (V::of(1) + e);
}

/// erf x = x + x q(x²) for |x| < 1, q of degree 6, relative error 2⁻²⁹; else 1 − e^(−|x| p(|x|)), p of degree 5,
/// relative error 2⁻²⁸, where the exponential damps the error of p. It rounds to ±1 before 4. The form is that
/// of erff in Arm Optimized Routines (math/erff.c). Largest error 1.13, 1.27 ulp.
template <class V>
BARDANA_FN V erf(V x) {
  if constexpr (kIsDouble<V>) {
    return lanewise(x, [](double t) { return BARDANA_LIBRARY(erf)(t); });
  } else {
    const V a = min(V::of(4), abs(x));
    const V q = polynomial(a * a, 0.128379166, -0.37612626, 0.11283581, -0.0268535465, 0.00518774008, -0.000800462149,
                           7.83462747e-05);
    const V p = polynomial(a, 1.12848032, 0.635830522, 0.105117433, -0.0227993168, 0.00318722171, -0.000210677725);
    const auto e = reduce_exponent(-(a * p));
    const V large = V::of(1) - ldexp_fast(V::of(1) + e.expm1_r, e.n);
    return copysign(select(a < V::of(1), fma(a, q, a), large), x);
  }
}
