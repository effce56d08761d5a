// Normalization within rows (groups), each by itself: y = γ (x − μ) i + β, where i makes the row's scale 1. Sums over a
// row are those of rows.inl; sums of dγ and dβ over the rows those of normalization.inl.

BARDANA_FN float square_root(float x) { return __builtin_sqrtf(x); }
BARDANA_FN double square_root(double x) { return __builtin_sqrt(x); }

/// i for the row's deviations d(column): 1 / √(mean of d² + ε), or for unit length 1 / √(Σ d²), at most 1 / ε.
template <class T, class Deviation>
BARDANA_FN T inverse_scale(const RowNormArgs<T>& a, Deviation d) {
  const T sum = row_sum<T>(a.cols, [&](int64_t i) { return d(i) * d(i); });
  if (a.unit) {
    const T inverse = T(1) / square_root(sum), most = static_cast<T>(1.0 / a.epsilon);
    return inverse < most ? inverse : sum == sum ? most : inverse;
  }
  return T(1) / square_root(sum / static_cast<T>(a.cols) + static_cast<T>(a.epsilon));
}

template <class T>
void row_norm(const RowNormArgs<T>& a) {
  using V = Vec<T>;
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* x = a.x + row * a.ld;
    T mean = 0;
    if (a.mean != nullptr) {
      mean = row_sum<T>(a.cols, [&](int64_t i) { return V::load(x + i); }) / static_cast<T>(a.cols);
      a.mean[row] = mean;
    }
    const V center = V::broadcast(&mean);
    const auto d = [&](int64_t i) { return V::load(x + i) - center; };
    a.inverse[row] = inverse_scale(a, d);
    const V inverse = V::broadcast(a.inverse + row);
    row_fill(a.y + row * a.ld, a.cols, [&](int64_t i) {
      const V normal = d(i) * inverse, scaled = a.gamma == nullptr ? normal : normal * V::load(a.gamma + i);
      return a.beta == nullptr ? scaled : scaled + V::load(a.beta + i);
    });
  }
}

/// With n = (x − μ) i and g = γ dy: dx = i (g − mean of g − n · mean of g n), without the first mean where rows keep
/// their own, with Σ g n where they get unit length. A bounded i does not depend on x.
template <class T>
void row_norm_backward(const RowNormArgs<T>& a) {
  using V = Vec<T>;
  const T count = static_cast<T>(a.cols);
  for (int64_t row = 0; row < a.rows; ++row) {
    const T *x = a.x + row * a.ld, *dy = a.dy + row * a.ld;
    const T mean = a.mean != nullptr ? a.mean[row] : T(0);
    const V center = V::broadcast(&mean), inverse = V::broadcast(a.inverse + row);
    const auto normal = [&](int64_t i) { return (V::load(x + i) - center) * inverse; };
    const auto g = [&](int64_t i) {
      return a.gamma == nullptr ? V::load(dy + i) : V::load(dy + i) * V::load(a.gamma + i);
    };
    T shift = 0, slope = row_sum<T>(a.cols, [&](int64_t i) { return g(i) * normal(i); });
    if (a.mean != nullptr) shift = row_sum<T>(a.cols, g) / count;
    if (!a.unit) {
      slope = slope / count;
    } else if (a.inverse[row] >= static_cast<T>(1.0 / a.epsilon)) {
      slope = 0;
    }
    const V by_mean = V::broadcast(&shift), by_scale = V::broadcast(&slope);
    row_fill(a.y + row * a.ld, a.cols,
             [&](int64_t i) { return (fma(-normal(i), by_scale, g(i)) - by_mean) * inverse; });
  }
}

/// dγ = Σ dy (x − μ) i and dβ = Σ dy over all rows, for Count vectors of columns.
template <int Count, class T>
BARDANA_FN void row_norm_gradients(const RowNormArgs<T>& a, int64_t column) {
  using V = Vec<T>;
  V sums[2 * Count];
  for (V& sum : sums) sum = V::of(0);
  const T zero = 0;
  sum_rows(a.rows, sums, [&](int64_t row, int i, V sum) {
    const int64_t at = row * a.ld + column + i % Count * V::kLanes;
    const V dy = V::load(a.dy + at);
    if (i < Count) return sum + dy;
    const V center = V::broadcast(a.mean != nullptr ? a.mean + row : &zero);
    return fma(dy, (V::load(a.x + at) - center) * V::broadcast(a.inverse + row), sum);
  });
  for (int c = 0; c < Count; ++c) {
    put_gradient(a, a.dbeta, column + c * V::kLanes, sums[c]);
    const int64_t at = column + c * V::kLanes;
    put_gradient(a, a.dgamma, at, select(lanes_below<V>(at, a.cols), sums[Count + c], V::of(0)));
  }
}

/// Columns [first, end).
template <class T>
void row_norm_sums(const RowNormArgs<T>& a) {
  int64_t column = a.first;
  for (; column + kStrip * Vec<T>::kLanes <= a.end; column += kStrip * Vec<T>::kLanes)
    row_norm_gradients<kStrip>(a, column);
  for (; column < a.end; column += Vec<T>::kLanes) row_norm_gradients<1>(a, column);
}
