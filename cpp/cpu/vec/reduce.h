// Sums and maxima over a vector's lanes, as a tree of halves that is the same on every ISA.
#pragma once

/// Lanes moved down by `Half` places, cyclically.
template <int Half, class T, int B>
BARDANA_FN Reg<T, B> rotate_lanes(Reg<T, B> a) {
  constexpr int kLanes = Reg<T, B>::kLanes;
#ifdef __clang__
  Reg<T, B> moved = a;
  for (int i = 0; i < kLanes; ++i) moved.raw[i] = a.raw[(i + Half) % kLanes];
  return moved;
#else
  typename Reg<T, B>::IntRaw from{};
  for (int i = 0; i < kLanes; ++i) from[i] = (i + Half) % kLanes;
  return {__builtin_shuffle(a.raw, from)};
#endif
}

template <int Half, class T, int B, class Combine>
BARDANA_FN T reduce_halves(Reg<T, B> a, Combine combine) {
  if constexpr (Half == 0) {
    return a.raw[0];
  } else {
    return reduce_halves<Half / 2>(combine(a, rotate_lanes<Half>(a)), combine);
  }
}

template <class T, int B, class Combine>
BARDANA_FN T reduce_lanes(Reg<T, B> a, Combine combine) {
  return reduce_halves<Reg<T, B>::kLanes / 2>(a, combine);
}
template <class H, class Combine>
BARDANA_FN typename H::Element reduce_lanes(Pair<H> a, Combine combine) {
  return reduce_lanes(combine(a.lo, a.hi), combine);
}

template <class V>
BARDANA_FN typename V::Element sum_lanes(V a) {
  return reduce_lanes(a, [](auto x, auto y) { return x + y; });
}

/// A NaN may get lost here; whoever subtracts the maximum from its row sees it again.
template <class V>
BARDANA_FN typename V::Element max_lanes(V a) {
  return reduce_lanes(a, [](auto x, auto y) { return select(x <= y, y, x); });
}

/// Mask of the lanes whose number, counted from `first`, is below `count`.
template <class V>
BARDANA_FN typename V::Mask lanes_below(long first, long count) {
  return V::count_from(0) < V::of(static_cast<double>(count - first));
}

/// The first `count` elements from p on, 1 ≤ count < kLanes, zeros in the other lanes; nothing behind them is read.
/// ISAs with masked loads overload it.
template <class T>
BARDANA_FN Vec<T> load_first(const T* p, int64_t count) {
  alignas(64) T lanes[Vec<T>::kLanes] = {};
  for (int64_t i = 0; i < count; ++i) lanes[i] = p[i];
  return Vec<T>::load(lanes);
}

/// a with lane `lane` replaced by `value`.
template <class V>
BARDANA_FN V with_lane(V a, long lane, typename V::Element value) {
  return select(V::count_from(0) == V::of(static_cast<double>(lane)), V::broadcast(&value), a);
}
