// Sums and maxima over a vector's lanes, as a tree of halves that is the same on every ISA.
#pragma once

template <class V, class Combine>
BARDANA_FN typename V::Element reduce_lanes(V a, Combine combine) {
  typename V::Element lane[V::kLanes];
  store(lane, a);
  for (int half = V::kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lane[i] = combine(lane[i], lane[i + half]);
  }
  return lane[0];
}

template <class V>
BARDANA_FN typename V::Element sum_lanes(V a) {
  return reduce_lanes(a, [](auto x, auto y) { return x + y; });
}

/// A NaN may get lost here; whoever subtracts the maximum from its row sees it again.
template <class V>
BARDANA_FN typename V::Element max_lanes(V a) {
  return reduce_lanes(a, [](auto x, auto y) { return x <= y ? y : x; });
}

/// Mask of the lanes whose number, counted from `first`, is below `count`.
template <class V>
BARDANA_FN typename V::Mask lanes_below(long first, long count) {
  return V::count_from(0) < V::of(static_cast<double>(count - first));
}
