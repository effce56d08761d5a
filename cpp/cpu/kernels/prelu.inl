// PReLU: a slope for every element of a row. He, Zhang, Ren, Sun 2015, equations 1, 4 and 5.

/// f(row offset, element) for all of the arguments' vectors, row by row.
template <class T, class F>
BARDANA_FN void for_vectors(const PReluArgs<T>& a, F f) {
  for (int64_t row = 0; row < a.rows; ++row) {
    for (int64_t i = a.first; i < a.end; i += Vec<T>::kLanes) f(row * a.ld + i, i);
  }
}

template <class T>
void prelu(const PReluArgs<T>& a) {
  for_vectors(a, [&](int64_t at, int64_t i) {
    const Vec<T> x = Vec<T>::load(a.x + at);
    store(a.y + at, select(x > Vec<T>::of(0), x, Vec<T>::load(a.alpha + i) * x));
  });
}

/// The derivative at 0 is 0, as that of x⁺ − α (−x)⁺ in TensorFlow.
template <class T>
void prelu_backward(const PReluArgs<T>& a) {
  for_vectors(a, [&](int64_t at, int64_t i) {
    const Vec<T> x = Vec<T>::load(a.x + at), dy = Vec<T>::load(a.dy + at), zero = Vec<T>::of(0);
    store(a.y + at, select(x > zero, dy, select(x < zero, Vec<T>::load(a.alpha + i) * dy, zero)));
  });
}

template <class T>
void prelu_sums(const PReluArgs<T>& a) {
  for (int64_t i = a.first; i < a.end; i += Vec<T>::kLanes) store(a.y + i, Vec<T>::of(0));
  for_vectors(a, [&](int64_t at, int64_t i) {
    const Vec<T> x = Vec<T>::load(a.x + at), sum = Vec<T>::load(a.y + i);
    store(a.y + i, select(x < Vec<T>::of(0), fma(x, Vec<T>::load(a.dy + at), sum), sum));
  });
}
