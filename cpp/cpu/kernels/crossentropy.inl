// Cross-entropies over the classes of a row, from probabilities and from logits, with dense targets or class numbers.
//
// From logits z with p = softmax(z), lse = log Σ eᶻ:   value = Σ t (lse − z),  gradient = p Σ t − t.
// From probabilities y, q = clip(y / Σ y, ε, 1 − ε):     value = −Σ t log q, or −Σ α t (1 − q)ᵞ log q for the focal
// one. Class numbers with probabilities: q = clip(y, ε, 1 − ε), value = −log(q[label] / Σ q). ε is parameter 1.

/// Dense targets after smoothing, t (1 − s) + s / K, or the one-hot row of a class number.
template <class T>
struct Targets {
  const T* dense;
  int32_t label;
  Vec<T> keep, add;

  BARDANA_FN Targets of_row(const LossArgs<T>& a, int64_t row) {
    if (a.labels != nullptr) return {nullptr, a.labels[row], Vec<T>::of(1), Vec<T>::of(0)};
    const double smoothing = a.parameters[0];
    return {a.target + row * a.ld, 0, Vec<T>::of(1.0 - smoothing), Vec<T>::of(smoothing / static_cast<double>(a.cols))};
  }
  Vec<T> operator()(int64_t i) const {
    if (dense != nullptr) return fma(Vec<T>::load(dense + i), keep, add);
    const Vec<T> distance = Vec<T>::count_from(0) - Vec<T>::of(static_cast<double>(label - i));
    return select(distance == Vec<T>::of(0), Vec<T>::of(1), Vec<T>::of(0));
  }
};

/// Rows whose class number is the ignored one have value 0 and no gradient. parameters[0] is NaN when none is ignored.
template <class T>
BARDANA_FN bool ignored(const LossArgs<T>& a, int64_t row) {
  return a.labels != nullptr && static_cast<double>(a.labels[row]) == a.parameters[0];
}

template <class T>
void crossentropy_logits(const LossArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* z = a.pred + row * a.ld;
    T* p = a.probabilities + row * a.ld;
    const T top = row_max(z, a.cols);
    const T sum = row_exp(z, p, a.cols, top);
    const Vec<T> total = Vec<T>::of(sum);
    row_fill(p, a.cols, [&](int64_t i) { return Vec<T>::load(p + i) / total; });
    const Targets<T> target = Targets<T>::of_row(a, row);
    const bool skip = ignored(a, row);
    const Vec<T> shift = Vec<T>::of(top), log_sum = log(total);
    if (a.values != nullptr) {
      a.values[row] = skip ? T(0) : row_sum<T>(a.cols, [&](int64_t i) {
        const Vec<T> t = target(i), term = t * (log_sum - (Vec<T>::load(z + i) - shift));
        return select(t == Vec<T>::of(0), Vec<T>::load(p + i) * Vec<T>::of(0), term);
      });
    }
    if (a.dpred != nullptr) {
      const Vec<T> scale = Vec<T>::of(skip ? T(0) : row_scale(a, row));
      const Vec<T> mass = a.labels != nullptr ? Vec<T>::of(1) : Vec<T>::of(row_sum<T>(a.cols, target));
      row_fill(a.dpred + row * a.ld, a.cols,
               [&](int64_t i) { return scale * (mass * Vec<T>::load(p + i) - target(i)); });
    }
  }
}

template <class T>
BARDANA_FN Vec<T> clip_probability(Vec<T> y, Vec<T> epsilon) {
  return select(y == y, min(max(y, epsilon), Vec<T>::of(1) - epsilon), y);
}

/// −t log q of a class, and its derivative by q.
template <class T>
struct PlainTerm {
  explicit PlainTerm(const double*) {}
  Vec<T> value(Vec<T> t, Vec<T> q) const { return -(t * log(q)); }
  Vec<T> slope(Vec<T> t, Vec<T> q) const { return -(t / q); }
};

/// −α t (1 − q)ᵞ log q. Lin et al., "Focal loss for dense object detection", 2017.
template <class T>
struct FocalTerm {
  explicit FocalTerm(const double* parameters)
      : gamma(Vec<T>::of(parameters[2])), alpha(Vec<T>::of(parameters[3])), one(Vec<T>::of(1)) {}
  Vec<T> value(Vec<T> t, Vec<T> q) const { return power(one - q, gamma) * alpha * -(t * log(q)); }
  Vec<T> slope(Vec<T> t, Vec<T> q) const {
    return alpha * t * (power_slope(one - q, gamma) * log(q) - power(one - q, gamma) / q);
  }
  Vec<T> gamma, alpha, one;
};

/// Σ term(t, q) of one row with q = clip(y / s), s = Σ y. dy[j] = (g[j] − Σ g y / s) / s, g = the slope where q was not
/// clipped.
template <class T, template <class> class Term>
BARDANA_FN void shared_crossentropy(const LossArgs<T>& a, int64_t row, const T* y) {
  const Vec<T> epsilon = Vec<T>::of(a.parameters[1]);
  const Term<T> term(a.parameters);
  const Targets<T> target = Targets<T>::of_row(a, row);
  const Vec<T> sum = Vec<T>::of(row_sum<T>(a.cols, [&](int64_t i) { return Vec<T>::load(y + i); }));
  const auto share = [&](int64_t i) { return Vec<T>::load(y + i) / sum; };
  if (a.values != nullptr) {
    a.values[row] =
        row_sum<T>(a.cols, [&](int64_t i) { return term.value(target(i), clip_probability(share(i), epsilon)); });
  }
  if (a.dpred != nullptr) {
    const auto slope = [&](int64_t i) {
      const Vec<T> q = share(i), clipped = clip_probability(q, epsilon);
      return select((q == clipped) | !(q == q), term.slope(target(i), clipped), Vec<T>::of(0));
    };
    const Vec<T> mean = Vec<T>::of(row_sum<T>(a.cols, [&](int64_t i) { return slope(i) * share(i); }));
    const Vec<T> scale = Vec<T>::of(row_scale(a, row));
    row_fill(a.dpred + row * a.ld, a.cols, [&](int64_t i) { return scale * ((slope(i) - mean) / sum); });
  }
}

template <class T>
void crossentropy_dense(const LossArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) shared_crossentropy<T, PlainTerm>(a, row, a.pred + row * a.ld);
}

template <class T>
void focal_crossentropy(const LossArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) shared_crossentropy<T, FocalTerm>(a, row, a.pred + row * a.ld);
}

/// Of y = softmax(z), then back to z. Unlike the plain cross-entropy it is clipped, as in Keras.
template <class T>
void focal_crossentropy_logits(const LossArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) {
    T* y = a.probabilities + row * a.ld;
    softmax<T>({a.pred + row * a.ld, nullptr, y, a.ld, 1, a.cols});
    shared_crossentropy<T, FocalTerm>(a, row, y);
    T* dy = a.dpred == nullptr ? nullptr : a.dpred + row * a.ld;
    if (dy != nullptr) softmax_backward<T>({y, dy, dy, a.ld, 1, a.cols});
  }
}

/// (1 − y[label]^q) / q, q being parameter 1. Zhang and Sabuncu, "Generalized cross entropy loss", 2018.
template <class T>
void generalized_crossentropy(const LossArgs<T>& a) {
  const Vec<T> q = Vec<T>::of(a.parameters[1]), one = Vec<T>::of(1);
  for (int64_t row = 0; row < a.rows; ++row) {
    const bool skip = ignored(a, row);
    const T* y = a.pred + row * a.ld;
    const Targets<T> target = Targets<T>::of_row(a, row);
    const Vec<T> p = Vec<T>::of(row_sum<T>(a.cols, [&](int64_t i) { return target(i) * Vec<T>::load(y + i); }));
    if (a.values != nullptr) {
      store_first(a.values + row, skip ? Vec<T>::of(0) : (one - power(p, q)) / q);
    }
    if (a.dpred != nullptr) {
      const Vec<T> slope = Vec<T>::of(skip ? T(0) : row_scale(a, row)) * -power(p, q - one);
      row_fill(a.dpred + row * a.ld, a.cols, [&](int64_t i) {
        const Vec<T> t = target(i);
        return select(t == Vec<T>::of(0), t * Vec<T>::load(y + i) * Vec<T>::of(0), t * slope);
      });
    }
  }
}

/// −log(q[label] / Σ q) with q = clip(y). dy[j] = (1 / Σ q − [j = label] / q[j]) where y was not clipped.
template <class T>
void crossentropy_sparse(const LossArgs<T>& a) {
  const Vec<T> epsilon = Vec<T>::of(a.parameters[1]);
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* y = a.pred + row * a.ld;
    const Targets<T> target = Targets<T>::of_row(a, row);
    const bool skip = ignored(a, row);
    const auto clipped = [&](int64_t i) { return clip_probability(Vec<T>::load(y + i), epsilon); };
    const Vec<T> sum = Vec<T>::of(row_sum<T>(a.cols, clipped));
    if (a.values != nullptr) {
      const Vec<T> log_sum = log(sum);
      a.values[row] =
          skip ? T(0) : row_sum<T>(a.cols, [&](int64_t i) { return target(i) * (log_sum - log(clipped(i))); });
    }
    if (a.dpred != nullptr) {
      const Vec<T> scale = Vec<T>::of(skip ? T(0) : row_scale(a, row));
      row_fill(a.dpred + row * a.ld, a.cols, [&](int64_t i) {
        const Vec<T> raw = Vec<T>::load(y + i), q = clipped(i);
        const Vec<T> slope = Vec<T>::of(1) / sum - target(i) / q;
        return select((raw == q) | !(raw == raw), scale * slope, Vec<T>::of(0));
      });
    }
  }
}
