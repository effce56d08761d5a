// Penalties on activations.

template <class T>
void activity(const ActivityArgs<T>& a) {
  using V = Vec<T>;
  const V l1 = V::of(a.l1), l2 = V::of(a.l2);
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* x = a.x + row * a.ld;
    a.values[row] = row_sum<T>(a.cols, [&](int64_t i) {
      const V v = V::load(x + i);
      return fma(l2 * v, v, l1 * abs(v));
    });
  }
}

template <class T>
void activity_backward(const ActivityArgs<T>& a) {
  using V = Vec<T>;
  const V l1 = V::of(a.l1), twice = V::of(2.0 * a.l2), zero = V::of(0);
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* x = a.x + row * a.ld;
    const T* dy = a.dy == nullptr ? nullptr : a.dy + row * a.ld;
    row_fill(a.y + row * a.ld, a.cols, [&](int64_t i) {
      const V v = V::load(x + i), slope = select(v == zero, zero, copysign(l1, v));
      const V sum = fma(twice, v, slope);
      return dy == nullptr ? sum : sum + V::load(dy + i);
    });
  }
}

template <class T>
void add(const ActivateArgs<T>& a) {
  for (int64_t i = 0; i < a.size; i += Vec<T>::kLanes) store(a.y + i, Vec<T>::load(a.x + i) + Vec<T>::load(a.dy + i));
}
