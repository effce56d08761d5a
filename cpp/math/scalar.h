// The abstract number type V with a single lane: the reference for what every vector V means, to the bit (payloads
// of NaN excepted). Included as text inside a namespace: no #include, no library names.
#pragma once

/// One float or double. With Fused = false, fma(a, b, c) rounds twice like the baseline ISA.
template <class T, bool Fused = true>
struct Scalar {
  using Element = T;
  using Mask = bool;
  T v;
  BARDANA_FN Scalar of(double value) { return {static_cast<T>(value)}; }
};

#define BARDANA_SCALAR       \
  template <class T, bool F> \
  BARDANA_FN

BARDANA_SCALAR Scalar<T, F> operator+(Scalar<T, F> a, Scalar<T, F> b) { return {a.v + b.v}; }
BARDANA_SCALAR Scalar<T, F> operator-(Scalar<T, F> a, Scalar<T, F> b) { return {a.v - b.v}; }
BARDANA_SCALAR Scalar<T, F> operator*(Scalar<T, F> a, Scalar<T, F> b) { return {a.v * b.v}; }
BARDANA_SCALAR Scalar<T, F> operator/(Scalar<T, F> a, Scalar<T, F> b) { return {a.v / b.v}; }
BARDANA_SCALAR Scalar<T, F> operator-(Scalar<T, F> a) { return {-a.v}; }
BARDANA_SCALAR bool operator<(Scalar<T, F> a, Scalar<T, F> b) { return a.v < b.v; }
BARDANA_SCALAR bool operator<=(Scalar<T, F> a, Scalar<T, F> b) { return a.v <= b.v; }
BARDANA_SCALAR bool operator>(Scalar<T, F> a, Scalar<T, F> b) { return a.v > b.v; }
BARDANA_SCALAR bool operator>=(Scalar<T, F> a, Scalar<T, F> b) { return a.v >= b.v; }
BARDANA_SCALAR bool operator==(Scalar<T, F> a, Scalar<T, F> b) { return a.v == b.v; }
BARDANA_SCALAR Scalar<T, F> select(bool mask, Scalar<T, F> a, Scalar<T, F> b) { return mask ? a : b; }

/// min and max return b when either is NaN, like the x86 instructions: formulas rely on it.
BARDANA_SCALAR Scalar<T, F> min(Scalar<T, F> a, Scalar<T, F> b) { return a.v < b.v ? a : b; }
BARDANA_SCALAR Scalar<T, F> max(Scalar<T, F> a, Scalar<T, F> b) { return a.v > b.v ? a : b; }

BARDANA_SCALAR Scalar<T, F> fma(Scalar<T, F> a, Scalar<T, F> b, Scalar<T, F> c) {
  if constexpr (!F) {
    return a * b + c;
  } else if constexpr (sizeof(T) == sizeof(float)) {
    return {BARDANA_LIBRARY(fmaf)(a.v, b.v, c.v)};
  } else {
    return {BARDANA_LIBRARY(fma)(a.v, b.v, c.v)};
  }
}
BARDANA_SCALAR Scalar<T, F> sqrt(Scalar<T, F> a) {
  if constexpr (sizeof(T) == sizeof(float)) {
    return {BARDANA_LIBRARY(sqrtf)(a.v)};
  } else {
    return {BARDANA_LIBRARY(sqrt)(a.v)};
  }
}
BARDANA_SCALAR Scalar<T, F> copysign(Scalar<T, F> magnitude, Scalar<T, F> sign) {
  return {static_cast<T>(BARDANA_LIBRARY(copysign)(magnitude.v, sign.v))};
}
BARDANA_SCALAR Scalar<T, F> abs(Scalar<T, F> a) { return copysign(a, Scalar<T, F>::of(1)); }

/// f of every lane; f takes and returns double.
template <class T, bool F, class Function>
BARDANA_FN Scalar<T, F> lanewise(Scalar<T, F> a, Function f) {
  return {static_cast<T>(f(a.v))};
}

#undef BARDANA_SCALAR

// The rest looks into the bits of a float. Doubles do without it: their functions come from the C library.

/// Adding 1.5 · 2²³ leaves a whole number in the low bits of the sum.
constexpr float kRoundingShift = 12582912.0f;

template <bool F>
BARDANA_FN Scalar<float, F> float_from_bits(unsigned int bits) {
  return {__builtin_bit_cast(float, bits)};
}
template <bool F>
BARDANA_FN unsigned int bits_of_float(Scalar<float, F> a) {
  return __builtin_bit_cast(unsigned int, a.v);
}
/// Nearest whole number, ties to even, for |a| < 2²².
template <bool F>
BARDANA_FN Scalar<float, F> round_even(Scalar<float, F> a) {
  return {(a.v + kRoundingShift) - kRoundingShift};
}
/// a · 2ⁿ for whole −126 ≤ n ≤ 127, rounded once when the result is denormal; NaN a stays NaN whatever n is.
template <bool F>
BARDANA_FN Scalar<float, F> ldexp_fast(Scalar<float, F> a, Scalar<float, F> n) {
  const unsigned int low = bits_of_float<F>({n.v + kRoundingShift});
  return a * float_from_bits<F>((low + 127u) << 23);
}
/// Exponent of a normal positive number.
template <bool F>
BARDANA_FN Scalar<float, F> exponent(Scalar<float, F> a) {
  return {static_cast<float>(static_cast<int>(bits_of_float(a) >> 23) - 127)};
}
/// Mantissa in [1, 2) of a normal positive number.
template <bool F>
BARDANA_FN Scalar<float, F> mantissa(Scalar<float, F> a) {
  return float_from_bits<F>((bits_of_float(a) & 0x007FFFFFu) | 0x3F800000u);
}
