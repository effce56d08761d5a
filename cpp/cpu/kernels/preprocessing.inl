// Kernels of the preprocessing layers: scaling by a factor and an offset for each element of a row, bins, and class
// numbers as vectors of zeros and ones.

/// y[r, i] = f(x[r, i], i).
template <class T, class F>
BARDANA_FN void scale_rows(const ScaleArgs<T>& a, F f) {
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* x = a.x + row * a.size;
    T* y = a.y + row * a.size;
    for (int64_t i = 0; i < a.size; i += Vec<T>::kLanes) store(y + i, f(Vec<T>::load(x + i), i));
  }
}

/// Two roundings an element, as the formulas say: not one fma.
template <class T>
void scale(const ScaleArgs<T>& a) {
  const auto factor = [&](int64_t i) { return Vec<T>::load(a.factor + i); };
  const auto offset = [&](int64_t i) { return Vec<T>::load(a.offset + i); };
  if (a.offset == nullptr && a.divides) {
    scale_rows(a, [&](Vec<T> x, int64_t i) { return x / factor(i); });
  } else if (a.offset == nullptr) {
    scale_rows(a, [&](Vec<T> x, int64_t i) { return x * factor(i); });
  } else if (a.divides) {
    scale_rows(a, [&](Vec<T> x, int64_t i) { return (x - offset(i)) / factor(i); });
  } else {
    scale_rows(a, [&](Vec<T> x, int64_t i) { return x * factor(i) + offset(i); });
  }
}

/// How many of the rising boundaries are not above x, by bisection.
template <class T>
BARDANA_FN int64_t bucket_of(T x, const T* boundaries, int64_t count) {
  int64_t low = 0, high = count;
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    (x < boundaries[middle] ? high : low) = x < boundaries[middle] ? middle : middle + 1;
  }
  return low;
}

template <class T>
void bucketize(const BucketizeArgs<T>& a) {
  constexpr int64_t kFew = 64;  // boundaries that a vector passes sooner than its elements are bisected
  for (int64_t i = 0; i < a.size; i += Vec<T>::kLanes) {
    if (a.count > kFew) {
      for (int64_t j = i; j < i + Vec<T>::kLanes; ++j) {
        a.y[j] = static_cast<T>(bucket_of(a.x[j], a.boundaries, a.count));
      }
      continue;
    }
    const Vec<T> x = Vec<T>::load(a.x + i), one = Vec<T>::of(1), zero = Vec<T>::of(0);
    Vec<T> bucket = zero;
    for (int64_t b = 0; b < a.count; ++b) {
      bucket = bucket + select(x < Vec<T>::broadcast(a.boundaries + b), zero, one);
    }
    store(a.y + i, bucket);
  }
}

template <class T>
void encode(const EncodeArgs<T>& a) {
  const auto at = [&](const T* row, int64_t e) { return row[e / a.last * a.ldx + e % a.last]; };
  const T width = static_cast<T>(a.cols);
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* x = a.x + row * a.row_step;
    T* y = a.y + row * a.groups * a.ldy;
    for (int64_t i = 0; i < a.groups * a.ldy; i += Vec<T>::kLanes) store(y + i, Vec<T>::of(0));
    for (int64_t e = 0; e < a.size; ++e) {
      const T number = at(x, e);
      if (!(number > T(-1) && number < width)) continue;
      T& to = y[e % a.groups * a.ldy + static_cast<int64_t>(number)];
      const T weight = a.weighted ? at(x, a.size + e) : T(1);
      to = a.counts ? to + weight : T(1);
    }
  }
}
