// Kernels over the rows of a matrix: elementwise losses and metrics averaged over a row. Sums run over 16
// (float) or 8 (double) lanes in parallel and end in a tree of halves. Lanes beyond the last column are masked.

template <class T>
BARDANA_FN T row_max(const T* x, int64_t cols) {
  Vec<T> top = Vec<T>::of(-__builtin_huge_val());
  for (int64_t i = 0; i < cols; i += Vec<T>::kLanes) {
    const Vec<T> v = Vec<T>::load(x + i);
    top = select((v <= top) | !lanes_below<Vec<T>>(i, cols), top, v);
  }
  return max_lanes(top);
}

/// Sum of f(i) over the columns, f giving a vector for the columns from i on.
template <class T, class F>
BARDANA_FN T row_sum(int64_t cols, F f) {
  Vec<T> sum = Vec<T>::of(0);
  for (int64_t i = 0; i < cols; i += Vec<T>::kLanes) {
    sum = sum + select(lanes_below<Vec<T>>(i, cols), f(i), Vec<T>::of(0));
  }
  return sum_lanes(sum);
}

/// y[i] = f(i), zero beyond the last column up to the padded width.
template <class T, class F>
BARDANA_FN void row_fill(T* y, int64_t cols, F f) {
  for (int64_t i = 0; i < padded(cols); i += Vec<T>::kLanes) {
    store(y + i, select(lanes_below<Vec<T>>(i, cols), f(i), Vec<T>::of(0)));
  }
}

/// The first lane; the others hold the same.
template <class T, class V>
BARDANA_FN void store_first(T* p, V a) {
  alignas(64) T lanes[V::kLanes];
  store(lanes, a);
  *p = lanes[0];
}

/// The factor of a row's gradient.
template <class T>
BARDANA_FN T row_scale(const LossArgs<T>& a, int64_t row) {
  const double weight = a.weight != nullptr ? static_cast<double>(a.weight[row]) : 1.0;
  return static_cast<T>(a.scale * weight);
}

/// Element 0 of the rows from `row` on, side by side; zeros behind the last row.
template <class T>
BARDANA_FN Vec<T> first_of_rows(const T* x, const LossArgs<T>& a, int64_t row) {
  alignas(64) T lanes[Vec<T>::kLanes] = {};
  for (int64_t i = 0; i < Vec<T>::kLanes && row + i < a.rows; ++i) lanes[i] = x[(row + i) * a.ld];
  return Vec<T>::load(lanes);
}

/// Rows of one column, a vector's worth of them at a time. The mean of one value is the value.
template <class T, class Formula>
BARDANA_FN void one_column_loss(const LossArgs<T>& a, const Vec<T>* p) {
  constexpr int64_t kLanes = Vec<T>::kLanes;
  for (int64_t row = 0; row < a.rows; row += kLanes) {
    const Vec<T> t = first_of_rows(a.target, a, row), y = first_of_rows(a.pred, a, row);
    const int64_t count = a.rows - row < kLanes ? a.rows - row : kLanes;
    alignas(64) T lanes[kLanes];
    if (a.values != nullptr) {
      store(lanes, Formula::value(t, y, p) + Vec<T>::of(0));
      for (int64_t i = 0; i < count; ++i) a.values[row + i] = lanes[i];
    }
    if constexpr (Formula::differentiable) {
      if (a.dpred == nullptr) continue;
      store(lanes, Formula::grad(t, y, p));
      for (int64_t i = 0; i < count; ++i) {
        T* dpred = a.dpred + (row + i) * a.ld;
        for (int64_t at = 0; at < kPad; at += kLanes) store(dpred + at, Vec<T>::of(0));
        dpred[0] = row_scale(a, row + i) * lanes[i];
      }
    }
  }
}

template <class T, class Formula>
void elementwise_loss(const LossArgs<T>& a) {
  const Hoisted<T, Formula> p(a.parameters);
  if (a.cols == 1) return one_column_loss<T, Formula>(a, p.list);
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* t = a.target + row * a.ld;
    const T* y = a.pred + row * a.ld;
    if (a.values != nullptr) {
      const T sum = row_sum<T>(
          a.cols, [&](int64_t i) { return Formula::value(Vec<T>::load(t + i), Vec<T>::load(y + i), p.list); });
      a.values[row] = kSums<Formula> ? sum : sum / static_cast<T>(a.cols);
    }
    if constexpr (Formula::differentiable) {
      if (a.dpred != nullptr) {
        const T share = kSums<Formula> ? T(1) : static_cast<T>(a.cols);
        const Vec<T> scale = Vec<T>::of(row_scale(a, row) / share);
        row_fill(a.dpred + row * a.ld, a.cols,
                 [&](int64_t i) { return scale * Formula::grad(Vec<T>::load(t + i), Vec<T>::load(y + i), p.list); });
      }
    }
  }
}
