// Activations that mix the elements of a row, and their derivatives from y. A NaN spoils its own row alone.

/// y = e^(x − max x), zero in the padding; returns the sum of y.
template <class T>
BARDANA_FN T row_exp(const T* x, T* y, int64_t cols, T top) {
  const Vec<T> shift = Vec<T>::of(top);
  row_fill(y, cols, [&](int64_t i) { return exp(Vec<T>::load(x + i) - shift); });
  return row_sum<T>(cols, [&](int64_t i) { return Vec<T>::load(y + i); });
}

/// y[j] = e^(x[j] − max x) / Σ e^(x − max x).
template <class T>
void softmax(const SoftmaxArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* x = a.x + row * a.ld;
    T* y = a.y + row * a.ld;
    const Vec<T> sum = Vec<T>::of(row_exp(x, y, a.cols, row_max(x, a.cols)));
    row_fill(y, a.cols, [&](int64_t i) { return Vec<T>::load(y + i) / sum; });
  }
}

/// dx[j] = y[j] (dy[j] − Σ dy y).
template <class T>
void softmax_backward(const SoftmaxArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* y = a.x + row * a.ld;
    const T* dy = a.dy + row * a.ld;
    const Vec<T> dot =
        Vec<T>::of(row_sum<T>(a.cols, [&](int64_t i) { return Vec<T>::load(y + i) * Vec<T>::load(dy + i); }));
    row_fill(a.y + row * a.ld, a.cols, [&](int64_t i) { return Vec<T>::load(y + i) * (Vec<T>::load(dy + i) - dot); });
  }
}

/// y[j] = x[j] − max x − log Σ e^(x − max x).
template <class T>
void log_softmax(const SoftmaxArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* x = a.x + row * a.ld;
    const Vec<T> top = Vec<T>::of(row_max(x, a.cols));
    const Vec<T> sum = Vec<T>::of(row_sum<T>(a.cols, [&](int64_t i) { return exp(Vec<T>::load(x + i) - top); }));
    const Vec<T> log_sum = log(sum);
    row_fill(a.y + row * a.ld, a.cols, [&](int64_t i) { return (Vec<T>::load(x + i) - top) - log_sum; });
  }
}

/// dx[j] = dy[j] − e^y[j] Σ dy.
template <class T>
void log_softmax_backward(const SoftmaxArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* y = a.x + row * a.ld;
    const T* dy = a.dy + row * a.ld;
    const Vec<T> sum = Vec<T>::of(row_sum<T>(a.cols, [&](int64_t i) { return Vec<T>::load(dy + i); }));
    row_fill(a.y + row * a.ld, a.cols,
             [&](int64_t i) { return fma(-exp(Vec<T>::load(y + i)), sum, Vec<T>::load(dy + i)); });
  }
}

/// The τ for which Σ max(x − max x − τ, 0) = 1. Newton's iteration from −1, which is not above it: every step drops the
/// elements up to τ and solves for the rest, and when no element falls, τ is exact.
template <class T>
BARDANA_FN Vec<T> sparse_threshold(const T* x, int64_t cols, Vec<T> top) {
  Vec<T> tau = Vec<T>::of(-1);
  const auto kept = [&](int64_t i, auto f) {
    const Vec<T> z = Vec<T>::load(x + i) - top;
    return select(z <= tau, Vec<T>::of(0), f(z));
  };
  T before = static_cast<T>(cols + 1);
  for (;;) {
    const T count = row_sum<T>(cols, [&](int64_t i) { return kept(i, [](Vec<T>) { return Vec<T>::of(1); }); });
    if (!(count < before)) return tau;
    const T sum = row_sum<T>(cols, [&](int64_t i) { return kept(i, [](Vec<T> z) { return z; }); });
    tau = Vec<T>::of((sum - T(1)) / count);
    before = count;
  }
}

/// y = the point of the simplex that is nearest to x: max(x − τ, 0). Martins, Astudillo 2016.
template <class T>
void sparsemax(const SoftmaxArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* x = a.x + row * a.ld;
    const Vec<T> top = Vec<T>::of(row_max(x, a.cols)), tau = sparse_threshold(x, a.cols, top);
    row_fill(a.y + row * a.ld, a.cols, [&](int64_t i) {
      const Vec<T> z = Vec<T>::load(x + i) - top;
      return select(z <= tau, Vec<T>::of(0), z - tau);
    });
  }
}

/// dx[j] = dy[j] − the mean of dy over y > 0, where y[j] > 0.
template <class T>
void sparsemax_backward(const SoftmaxArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* y = a.x + row * a.ld;
    const T* dy = a.dy + row * a.ld;
    const auto on_support = [&](int64_t i, Vec<T> v) {
      return select(Vec<T>::load(y + i) == Vec<T>::of(0), Vec<T>::of(0), v);
    };
    const T sum = row_sum<T>(a.cols, [&](int64_t i) { return on_support(i, Vec<T>::load(dy + i)); });
    const T count = row_sum<T>(a.cols, [&](int64_t i) { return on_support(i, Vec<T>::of(1)); });
    const Vec<T> mean = Vec<T>::of(sum / count);
    row_fill(a.y + row * a.ld, a.cols, [&](int64_t i) { return on_support(i, Vec<T>::load(dy + i) - mean); });
  }
}
