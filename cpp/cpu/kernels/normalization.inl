// Batch normalization, column by column. Some vectors of columns at a time go through all rows of the batch two or
// three times, so that these columns stay in the first cache. Sums over rows are sums of sums of kSummedRows rows: half
// the digits lost, and an order that the number of rows alone decides.

constexpr int64_t kSummedRows = 32;

/// Calls visit(row) for all rows and after every kSummedRows of them, and at the end, close().
template <class Visit, class Close>
BARDANA_FN void in_blocks(int64_t rows, Visit visit, Close close) {
  for (int64_t row = 0; row < rows;) {
    const int64_t end = rows - row < kSummedRows ? rows : row + kSummedRows;
    for (; row < end; ++row) visit(row);
    close();
  }
}

/// total[c] = Σ term(row, c) over the rows, c being one of Count vectors of columns.
template <int Count, class V, class Term>
BARDANA_FN void sum_rows(int64_t rows, V (&total)[Count], Term term) {
  V sum[Count];
  for (int c = 0; c < Count; ++c) total[c] = sum[c] = V::of(0);
  in_blocks(
      rows,
      [&](int64_t row) {
        for (int c = 0; c < Count; ++c) sum[c] = term(row, c, sum[c]);
      },
      [&] {
        for (int c = 0; c < Count; ++c) total[c] = total[c] + sum[c], sum[c] = V::of(0);
      });
}

/// Mean and biased variance of Count vectors of columns, whose elements are x(row, c). The second pass also sums up by
/// how much the first one missed the mean (the corrected two-pass algorithm; Chan, Golub, LeVeque 1983).
template <int Count, class V, class Load>
BARDANA_FN void moments(int64_t rows, Load x, V (&mean)[Count], V (&variance)[Count]) {
  const V count = V::of(static_cast<double>(rows));
  sum_rows(rows, mean, [&](int64_t row, int c, V sum) { return sum + x(row, c); });
  for (V& m : mean) m = m / count;
  V sums[2 * Count];
  for (V& sum : sums) sum = V::of(0);
  sum_rows(rows, sums, [&](int64_t row, int i, V sum) {
    const V d = x(row, i % Count) - mean[i % Count];
    return i < Count ? sum + d : fma(d, d, sum);
  });
  for (int c = 0; c < Count; ++c) {
    const V missed = sums[c] / count;
    variance[c] = max(V::of(0), fma(-missed, missed, sums[Count + c] / count));
    mean[c] = mean[c] + missed;
  }
}

/// What a column is multiplied with, γ / √(σ² + ε), and γ left out; zero beyond the last column.
template <class V>
struct ColumnScale {
  V inverse, scale;
};
template <class T>
BARDANA_FN ColumnScale<Vec<T>> column_scale(const BatchNormArgs<T>& a, int64_t column, Vec<T> variance) {
  const Vec<T> root = sqrt(variance + Vec<T>::of(a.epsilon));
  const Vec<T> inverse = select(lanes_below<Vec<T>>(column, a.cols), Vec<T>::of(1) / root, Vec<T>::of(0));
  return {inverse, a.gamma == nullptr ? inverse : inverse * Vec<T>::load(a.gamma + column)};
}

template <int Count, class T>
BARDANA_FN void batch_norm_columns(const BatchNormArgs<T>& a, int64_t column) {
  using V = Vec<T>;
  const auto x = [&](int64_t row, int c) { return V::load(a.x + row * a.ld + column + c * V::kLanes); };
  V mean[Count], variance[Count], scale[Count], beta[Count];
  if (a.batch) {
    moments(a.rows, x, mean, variance);
    for (int c = 0; c < Count; ++c) {
      const int64_t at = column + c * V::kLanes;
      mean[c] = select(lanes_below<V>(at, a.cols), mean[c], V::of(0));
      store(a.mean + at, mean[c]);
      store(a.variance + at, select(lanes_below<V>(at, a.cols), variance[c], V::of(0)));
    }
  }
  for (int c = 0; c < Count; ++c) {
    const int64_t at = column + c * V::kLanes;
    if (!a.batch) mean[c] = V::load(a.mean + at), variance[c] = V::load(a.variance + at);
    scale[c] = column_scale(a, at, variance[c]).scale;
    beta[c] = a.beta == nullptr ? V::of(0) : V::load(a.beta + at);
  }
  for (int64_t row = 0; row < a.rows; ++row) {
    for (int c = 0; c < Count; ++c) {
      store(a.y + row * a.ld + column + c * V::kLanes, fma(x(row, c) - mean[c], scale[c], beta[c]));
    }
  }
}

/// dw[i] = sum, or a step of gradient descent on w[i] = dw[i].
template <class Args, class T>
BARDANA_FN void put_gradient(const Args& a, T* to, int64_t at, Vec<T> sum) {
  if (to == nullptr) return;
  store(to + at, a.fold ? fma(Vec<T>::of(-a.learning_rate), sum, Vec<T>::load(to + at)) : sum);
}

/// With d = x − μ, i = 1 / √(σ² + ε), s = γ i, n rows: dβ = Σ dy, dγ = i Σ dy d, and dx = s dy; where μ and σ² are the
/// batch's, dx = s (dy − Σ dy / n − d i² Σ dy d / n).
template <int Count, class T>
BARDANA_FN void batch_norm_backward_columns(const BatchNormArgs<T>& a, int64_t column) {
  using V = Vec<T>;
  const auto x = [&](int64_t row, int c) { return V::load(a.x + row * a.ld + column + c * V::kLanes); };
  const auto dy = [&](int64_t row, int c) { return V::load(a.dy + row * a.ld + column + c * V::kLanes); };
  V mean[Count], sums[2 * Count], scale[Count], slope[Count];
  for (V& any : sums) any = V::of(0);
  V *sum = sums, *dot = sums + Count;
  for (int c = 0; c < Count; ++c) mean[c] = V::load(a.mean + column + c * V::kLanes);
  if (a.batch || a.dgamma != nullptr || a.dbeta != nullptr) {
    sum_rows(a.rows, sums, [&](int64_t row, int i, V total) {
      const int c = i % Count;
      return i < Count ? total + dy(row, c) : fma(dy(row, c), x(row, c) - mean[c], total);
    });
  }
  const V count = V::of(static_cast<double>(a.rows));
  for (int c = 0; c < Count; ++c) {
    const int64_t at = column + c * V::kLanes;
    const auto [inverse, factor] = column_scale(a, at, V::load(a.variance + at));
    scale[c] = factor;
    put_gradient(a, a.dgamma, at, inverse * dot[c]);
    put_gradient(a, a.dbeta, at, sum[c]);
    slope[c] = inverse * inverse * dot[c] / count;
    sum[c] = sum[c] / count;
  }
  if (a.y == nullptr) return;
  for (int64_t row = 0; row < a.rows; ++row) {
    for (int c = 0; c < Count; ++c) {
      V g = dy(row, c);
      if (a.batch) g = fma(mean[c] - x(row, c), slope[c], g - sum[c]);
      store(a.y + row * a.ld + column + c * V::kLanes, scale[c] * g);
    }
  }
}

/// Columns [first, end) by kStrip vectors at a time.
constexpr int kStrip = 4;
template <class T>
void batch_norm(const BatchNormArgs<T>& a) {
  int64_t column = a.first;
  for (; column + kStrip * Vec<T>::kLanes <= a.end; column += kStrip * Vec<T>::kLanes)
    batch_norm_columns<kStrip>(a, column);
  for (; column < a.end; column += Vec<T>::kLanes) batch_norm_columns<1>(a, column);
}

template <class T>
void batch_norm_backward(const BatchNormArgs<T>& a) {
  int64_t column = a.first;
  for (; column + kStrip * Vec<T>::kLanes <= a.end; column += kStrip * Vec<T>::kLanes)
    batch_norm_backward_columns<kStrip>(a, column);
  for (; column < a.end; column += Vec<T>::kLanes) batch_norm_backward_columns<1>(a, column);
}

/// v[i] ← m v[i] + (1 − m) x[i].
template <class T>
void moving_average(const MovingAverageArgs<T>& a) {
  const Vec<T> momentum = Vec<T>::of(a.momentum), rest = Vec<T>::of(1.0 - a.momentum);
  for (int64_t i = 0; i < a.size; i += Vec<T>::kLanes) {
    store(a.v + i, fma(Vec<T>::load(a.v + i), momentum, Vec<T>::load(a.x + i) * rest));
  }
}
