// Two vectors side by side, used as one of twice the width.
#pragma once

template <class M>
struct PairMask {
  M lo, hi;
};

template <class H>
struct Pair {
  using Half = H;
  using Element = typename H::Element;
  using Mask = PairMask<typename H::Mask>;
  static constexpr int kLanes = 2 * H::kLanes;
  H lo, hi;

  BARDANA_FN Pair of(double value) { return {H::of(value), H::of(value)}; }
  BARDANA_FN Pair load(const Element* p) { return {H::load(p), H::load(p + H::kLanes)}; }
  BARDANA_FN Pair broadcast(const Element* p) { return {H::broadcast(p), H::broadcast(p)}; }
  BARDANA_FN Pair count_from(int first) { return {H::count_from(first), H::count_from(first + H::kLanes)}; }
};

#define BARDANA_PAIR \
  template <class H> \
  BARDANA_FN

BARDANA_PAIR void store(typename H::Element* p, Pair<H> a) {
  store(p, a.lo);
  store(p + H::kLanes, a.hi);
}
BARDANA_PAIR Pair<H> operator+(Pair<H> a, Pair<H> b) { return {a.lo + b.lo, a.hi + b.hi}; }
BARDANA_PAIR Pair<H> operator-(Pair<H> a, Pair<H> b) { return {a.lo - b.lo, a.hi - b.hi}; }
BARDANA_PAIR Pair<H> operator*(Pair<H> a, Pair<H> b) { return {a.lo * b.lo, a.hi * b.hi}; }
BARDANA_PAIR Pair<H> operator/(Pair<H> a, Pair<H> b) { return {a.lo / b.lo, a.hi / b.hi}; }
BARDANA_PAIR Pair<H> operator-(Pair<H> a) { return {-a.lo, -a.hi}; }
BARDANA_PAIR PairMask<typename H::Mask> operator<(Pair<H> a, Pair<H> b) { return {a.lo < b.lo, a.hi < b.hi}; }
BARDANA_PAIR PairMask<typename H::Mask> operator<=(Pair<H> a, Pair<H> b) { return {a.lo <= b.lo, a.hi <= b.hi}; }
BARDANA_PAIR PairMask<typename H::Mask> operator>(Pair<H> a, Pair<H> b) { return {a.lo > b.lo, a.hi > b.hi}; }
BARDANA_PAIR PairMask<typename H::Mask> operator>=(Pair<H> a, Pair<H> b) { return {a.lo >= b.lo, a.hi >= b.hi}; }
BARDANA_PAIR PairMask<typename H::Mask> operator==(Pair<H> a, Pair<H> b) { return {a.lo == b.lo, a.hi == b.hi}; }
template <class M>
BARDANA_FN PairMask<M> operator&(PairMask<M> a, PairMask<M> b) {
  return {a.lo & b.lo, a.hi & b.hi};
}
template <class M>
BARDANA_FN PairMask<M> operator|(PairMask<M> a, PairMask<M> b) {
  return {a.lo | b.lo, a.hi | b.hi};
}
template <class M>
BARDANA_FN PairMask<M> operator!(PairMask<M> a) {
  return {!a.lo, !a.hi};
}
template <class H, class M>
BARDANA_FN Pair<H> select(PairMask<M> m, Pair<H> a, Pair<H> b) {
  return {select(m.lo, a.lo, b.lo), select(m.hi, a.hi, b.hi)};
}
BARDANA_PAIR Pair<H> min(Pair<H> a, Pair<H> b) { return {min(a.lo, b.lo), min(a.hi, b.hi)}; }
BARDANA_PAIR Pair<H> max(Pair<H> a, Pair<H> b) { return {max(a.lo, b.lo), max(a.hi, b.hi)}; }
BARDANA_PAIR Pair<H> fma(Pair<H> a, Pair<H> b, Pair<H> c) { return {fma(a.lo, b.lo, c.lo), fma(a.hi, b.hi, c.hi)}; }
BARDANA_PAIR Pair<H> sqrt(Pair<H> a) { return {sqrt(a.lo), sqrt(a.hi)}; }
BARDANA_PAIR Pair<H> abs(Pair<H> a) { return {abs(a.lo), abs(a.hi)}; }
BARDANA_PAIR Pair<H> copysign(Pair<H> a, Pair<H> s) { return {copysign(a.lo, s.lo), copysign(a.hi, s.hi)}; }
BARDANA_PAIR Pair<H> round_even(Pair<H> a) { return {round_even(a.lo), round_even(a.hi)}; }
BARDANA_PAIR Pair<H> ldexp_fast(Pair<H> a, Pair<H> n) { return {ldexp_fast(a.lo, n.lo), ldexp_fast(a.hi, n.hi)}; }
BARDANA_PAIR Pair<H> exponent(Pair<H> a) { return {exponent(a.lo), exponent(a.hi)}; }
BARDANA_PAIR Pair<H> mantissa(Pair<H> a) { return {mantissa(a.lo), mantissa(a.hi)}; }
template <class H, class F>
BARDANA_FN Pair<H> lanewise(Pair<H> a, F f) {
  return {lanewise(a.lo, f), lanewise(a.hi, f)};
}

#undef BARDANA_PAIR
