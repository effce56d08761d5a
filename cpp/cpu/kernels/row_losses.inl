// Other losses and metrics that mix the elements of a row: hinge of classes, angle between vectors, and the accuracies
// that compare a row's entries.

/// max(n − Σ t y + 1, 0) with n = max (1 − t) y. Its derivative by y[j] is (1 − t[j]) / c − t[j], the first term where
/// (1 − t[j]) y[j] is one of the c largest, and holds at the kink too.
template <class T>
void categorical_hinge(const LossArgs<T>& a) {
  const Vec<T> one = Vec<T>::of(1), none = Vec<T>::of(0);
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* y = a.pred + row * a.ld;
    const T* t = a.target + row * a.ld;
    const auto other = [&](int64_t i) { return (one - Vec<T>::load(t + i)) * Vec<T>::load(y + i); };
    Vec<T> lanes = Vec<T>::of(-kInfinity);
    for (int64_t i = 0; i < a.cols; i += Vec<T>::kLanes) {
      const Vec<T> v = other(i);
      lanes = select((v <= lanes) | !lanes_below<Vec<T>>(i, a.cols), lanes, v);
    }
    const T top = max_lanes(lanes);
    const T hit = row_sum<T>(a.cols, [&](int64_t i) { return Vec<T>::load(t + i) * Vec<T>::load(y + i); });
    const Vec<T> margin = Vec<T>::of(top - hit) + one;  // NaN where y has one, by the sum
    if (a.values != nullptr) store_first(a.values + row, at_least(margin, none));
    if (a.dpred != nullptr) {
      const Vec<T> largest = Vec<T>::of(top), scale = Vec<T>::of(row_scale(a, row));
      const auto is_largest = [&](int64_t i) { return select(other(i) == largest, one, none); };
      const Vec<T> count = Vec<T>::of(row_sum<T>(a.cols, is_largest));
      row_fill(a.dpred + row * a.ld, a.cols, [&](int64_t i) {
        const Vec<T> target = Vec<T>::load(t + i), slope = is_largest(i) * (one - target) / count - target;
        return scale * select(margin == margin, select(margin < none, none, slope), margin);
      });
    }
  }
}

/// s Σ t y / (|t| |y|), s being parameter 0; lengths below ε, parameter 1, count as ε. With n = 1 / |y| and c the
/// value, the derivative by y[j] is n (s t[j] / |t| − c n y[j]), its second term only where |y| counts as itself.
template <class T>
void cosine_similarity(const LossArgs<T>& a) {
  const Vec<T> sign = Vec<T>::of(a.parameters[0]), limit = Vec<T>::of(1.0 / a.parameters[1]);
  const auto inverse = [&](const T* x) {
    const T squares = row_sum<T>(a.cols, [&](int64_t i) { return Vec<T>::load(x + i) * Vec<T>::load(x + i); });
    return at_most(Vec<T>::of(1) / sqrt(Vec<T>::of(squares)), limit);
  };
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* y = a.pred + row * a.ld;
    const T* t = a.target + row * a.ld;
    const Vec<T> of_y = inverse(y), of_t = inverse(t);
    const Vec<T> dot = Vec<T>::of(
        row_sum<T>(a.cols, [&](int64_t i) { return (Vec<T>::load(t + i) * of_t) * (Vec<T>::load(y + i) * of_y); }));
    if (a.values != nullptr) store_first(a.values + row, sign * dot);
    if (a.dpred != nullptr) {
      const Vec<T> turn = select(of_y == limit, Vec<T>::of(0), dot),
                   scale = Vec<T>::of(row_scale(a, row)) * sign * of_y;
      row_fill(a.dpred + row * a.ld, a.cols,
               [&](int64_t i) { return scale * (Vec<T>::load(t + i) * of_t - turn * (Vec<T>::load(y + i) * of_y)); });
    }
  }
}

/// Means over a row of t, y, and of what is left of their squares and their product without the means.
template <class T>
struct Moments {
  Vec<T> mean_t, mean_y, of_t, of_y, of_both;

  BARDANA_FN Moments of_row(const LossArgs<T>& a, int64_t row) {
    const T* y = a.pred + row * a.ld;
    const T* t = a.target + row * a.ld;
    const auto mean = [&](auto f) { return Vec<T>::of(row_sum<T>(a.cols, f) / static_cast<T>(a.cols)); };
    const Vec<T> mean_t = mean([&](int64_t i) { return Vec<T>::load(t + i); });
    const Vec<T> mean_y = mean([&](int64_t i) { return Vec<T>::load(y + i); });
    const auto dt = [&](int64_t i) { return Vec<T>::load(t + i) - mean_t; };
    const auto dy = [&](int64_t i) { return Vec<T>::load(y + i) - mean_y; };
    return {mean_t, mean_y, mean([&](int64_t i) { return dt(i) * dt(i); }),
            mean([&](int64_t i) { return dy(i) * dy(i); }), mean([&](int64_t i) { return dt(i) * dy(i); })};
  }
};

/// Covariance over the product of the standard deviations.
template <class T>
void pearson_correlation(const LossArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) {
    const Moments<T> m = Moments<T>::of_row(a, row);
    store_first(a.values + row, m.of_both / (sqrt(m.of_t) * sqrt(m.of_y)));
  }
}

/// 2 covariance / (variance + variance + (difference of the means)² + ε). Lin, "A concordance correlation coefficient
/// to evaluate reproducibility", 1989.
template <class T>
void concordance_correlation(const LossArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) {
    const Moments<T> m = Moments<T>::of_row(a, row);
    const Vec<T> apart = m.mean_t - m.mean_y;
    const Vec<T> norm = m.of_t + m.of_y + apart * apart + Vec<T>::of(a.parameters[0]);
    store_first(a.values + row, Vec<T>::of(2) * m.of_both / norm);
  }
}

/// Column of the first largest entry.
template <class T>
BARDANA_FN int64_t arg_max(const T* x, int64_t cols) {
  int64_t best = 0;
  for (int64_t i = 1; i < cols; ++i) {
    if (x[i] > x[best]) best = i;
  }
  return best;
}

template <class T>
void categorical_accuracy(const LossArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) {
    a.values[row] = arg_max(a.target + row * a.ld, a.cols) == arg_max(a.pred + row * a.ld, a.cols) ? T(1) : T(0);
  }
}

template <class T>
void sparse_categorical_accuracy(const LossArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) {
    a.values[row] = arg_max(a.pred + row * a.ld, a.cols) == a.labels[row] ? T(1) : T(0);
  }
}

/// Whether fewer than k entries are larger than that of the label. No, where the label is no class or its entry or one
/// met before k + 1 larger ones is not finite.
template <class T>
BARDANA_FN bool is_in_top(const T* x, int64_t cols, int64_t label, int64_t k) {
  const auto is_finite = [](T v) { return v - v == T(0); };
  if (label < 0 || label >= cols || !is_finite(x[label])) return false;
  int64_t larger = 0;
  for (int64_t i = 0; i < cols; ++i) {
    if (!is_finite(x[i])) return false;
    larger += x[i] > x[label];
    if (larger > k) return false;
  }
  return larger < k;
}

template <class T>
void top_k_categorical_accuracy(const LossArgs<T>& a) {
  const auto k = static_cast<int64_t>(a.parameters[0]);
  for (int64_t row = 0; row < a.rows; ++row) {
    const int64_t label = arg_max(a.target + row * a.ld, a.cols);
    a.values[row] = is_in_top(a.pred + row * a.ld, a.cols, label, k) ? T(1) : T(0);
  }
}

/// With parameter 1, pred holds class numbers, best first, of which the label must be one of the first k.
template <class T>
void sparse_top_k_categorical_accuracy(const LossArgs<T>& a) {
  const auto k = static_cast<int64_t>(a.parameters[0]);
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* y = a.pred + row * a.ld;
    bool found = false;
    if (a.parameters[1] == 0.0) {
      found = is_in_top(y, a.cols, a.labels[row], k);
    } else {
      for (int64_t i = 0; i < a.cols && i < k; ++i) found = found || y[i] == static_cast<T>(a.labels[row]);
    }
    a.values[row] = found ? T(1) : T(0);
  }
}
