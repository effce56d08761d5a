// One machine register of floats or doubles, over the compiler's vector types; the few operations that need an ISA's
// own instruction (fma, sqrt) are overloaded by the ISA file. Pair puts two of them side by side, so that every ISA
// works on the same 64-byte vector: equal lanes, equal order of operations, equal bits.
#pragma once

template <class T>
struct IntOf;
template <>
struct IntOf<float> {
  using Type = int;
};
template <>
struct IntOf<double> {
  using Type = long;
};

template <class T, int Bytes>
struct RegMask {
  typedef typename IntOf<T>::Type Raw __attribute__((vector_size(Bytes)));
  Raw raw;
};

template <class T, int Bytes>
struct Reg {
  using Element = T;
  using Mask = RegMask<T, Bytes>;
  using IntRaw = typename Mask::Raw;
  typedef T Raw __attribute__((vector_size(Bytes)));
  typedef T Unaligned __attribute__((vector_size(Bytes), aligned(sizeof(T)), may_alias));
  static constexpr int kLanes = Bytes / static_cast<int>(sizeof(T));
  Raw raw;

  BARDANA_FN Reg of(double value) { return {static_cast<T>(value) - Raw{}}; }
  BARDANA_FN Reg load(const T* p) { return {*reinterpret_cast<const Unaligned*>(p)}; }
  BARDANA_FN Reg broadcast(const T* p) { return {*p - Raw{}}; }
  /// The lanes' numbers, counted from `first`.
  BARDANA_FN Reg count_from(int first) {
    Raw raw{};
    for (int i = 0; i < kLanes; ++i) raw[i] = static_cast<T>(first + i);
    return {raw};
  }
};

#define BARDANA_REG         \
  template <class T, int B> \
  BARDANA_FN

BARDANA_REG void store(T* p, Reg<T, B> a) { *reinterpret_cast<typename Reg<T, B>::Unaligned*>(p) = a.raw; }
BARDANA_REG Reg<T, B> operator+(Reg<T, B> a, Reg<T, B> b) { return {a.raw + b.raw}; }
BARDANA_REG Reg<T, B> operator-(Reg<T, B> a, Reg<T, B> b) { return {a.raw - b.raw}; }
BARDANA_REG Reg<T, B> operator*(Reg<T, B> a, Reg<T, B> b) { return {a.raw * b.raw}; }
BARDANA_REG Reg<T, B> operator/(Reg<T, B> a, Reg<T, B> b) { return {a.raw / b.raw}; }
BARDANA_REG Reg<T, B> operator-(Reg<T, B> a) { return {-a.raw}; }
BARDANA_REG RegMask<T, B> operator<(Reg<T, B> a, Reg<T, B> b) { return {a.raw < b.raw}; }
BARDANA_REG RegMask<T, B> operator<=(Reg<T, B> a, Reg<T, B> b) { return {a.raw <= b.raw}; }
BARDANA_REG RegMask<T, B> operator>(Reg<T, B> a, Reg<T, B> b) { return {a.raw > b.raw}; }
BARDANA_REG RegMask<T, B> operator>=(Reg<T, B> a, Reg<T, B> b) { return {a.raw >= b.raw}; }
BARDANA_REG RegMask<T, B> operator==(Reg<T, B> a, Reg<T, B> b) { return {a.raw == b.raw}; }
BARDANA_REG RegMask<T, B> operator&(RegMask<T, B> a, RegMask<T, B> b) { return {a.raw & b.raw}; }
BARDANA_REG RegMask<T, B> operator|(RegMask<T, B> a, RegMask<T, B> b) { return {a.raw | b.raw}; }
BARDANA_REG RegMask<T, B> operator!(RegMask<T, B> a) { return {~a.raw}; }
BARDANA_REG Reg<T, B> select(RegMask<T, B> m, Reg<T, B> a, Reg<T, B> b) { return {m.raw ? a.raw : b.raw}; }
BARDANA_REG Reg<T, B> min(Reg<T, B> a, Reg<T, B> b) { return {a.raw < b.raw ? a.raw : b.raw}; }
BARDANA_REG Reg<T, B> max(Reg<T, B> a, Reg<T, B> b) { return {a.raw > b.raw ? a.raw : b.raw}; }

/// Bits of a register seen as integers, and back.
BARDANA_REG typename Reg<T, B>::IntRaw bits(Reg<T, B> a) { return reinterpret_cast<typename Reg<T, B>::IntRaw>(a.raw); }
template <class V>
BARDANA_FN V from_bits(typename V::IntRaw b) {
  return {reinterpret_cast<typename V::Raw>(b)};
}

template <class T>
struct FloatBits;  // fraction bits, exponent bias, sign bit, and the number whose addition rounds to an integer
template <>
struct FloatBits<float> {
  static constexpr int kFraction = 23, kBias = 127, kSign = 1 << 31, kFractionMask = (1 << 23) - 1;
  static constexpr double kRounder = 12582912.0;
};
template <>
struct FloatBits<double> {
  static constexpr long kFraction = 52, kBias = 1023, kSign = 1L << 63, kFractionMask = (1L << 52) - 1;
  static constexpr double kRounder = 6755399441055744.0;
};

BARDANA_REG Reg<T, B> abs(Reg<T, B> a) { return from_bits<Reg<T, B>>(bits(a) & ~FloatBits<T>::kSign); }
BARDANA_REG Reg<T, B> copysign(Reg<T, B> a, Reg<T, B> sign) {
  return from_bits<Reg<T, B>>((bits(a) & ~FloatBits<T>::kSign) | (bits(sign) & FloatBits<T>::kSign));
}
/// Nearest integer, ties to even, for |a| < 2²².
BARDANA_REG Reg<T, B> round_even(Reg<T, B> a) {
  const Reg<T, B> rounder = Reg<T, B>::of(FloatBits<T>::kRounder);
  return (a + rounder) - rounder;
}
/// a · 2ⁿ for whole −126 ≤ n ≤ 127.
BARDANA_REG Reg<T, B> ldexp_fast(Reg<T, B> a, Reg<T, B> n) {
  using V = Reg<T, B>;
  const auto whole = bits(n + V::of(FloatBits<T>::kRounder)) - bits(V::of(FloatBits<T>::kRounder));
  return a * from_bits<V>((whole + FloatBits<T>::kBias) << FloatBits<T>::kFraction);
}
/// Exponent of a normal positive number, as a number.
BARDANA_REG Reg<T, B> exponent(Reg<T, B> a) {
  using V = Reg<T, B>;
  const auto whole = (bits(a) >> FloatBits<T>::kFraction) - FloatBits<T>::kBias;
  return from_bits<V>(whole + bits(V::of(FloatBits<T>::kRounder))) - V::of(FloatBits<T>::kRounder);
}
/// Mantissa in [1, 2) of a normal positive number.
BARDANA_REG Reg<T, B> mantissa(Reg<T, B> a) {
  using V = Reg<T, B>;
  return from_bits<V>((bits(a) & FloatBits<T>::kFractionMask) | bits(V::of(1)));
}
template <class T, int B, class F>
BARDANA_FN Reg<T, B> lanewise(Reg<T, B> a, F f) {
  for (int i = 0; i < Reg<T, B>::kLanes; ++i) a.raw[i] = f(a.raw[i]);
  return a;
}

#undef BARDANA_REG
