// Dense backward for the weights: dw = xᵀ dy in column panels, db = column sums of dy; or, folded, a step of plain SGD
// on the weights themselves. Work is shared by ranges of the stored matrix, so that each thread keeps to its own
// weights.

template <class V>
BARDANA_FN V sgd_step(V w, V gradient, V rate) {
  Sgd::update(w, gradient, static_cast<V*>(nullptr), nullptr, rate);
  return w;
}

/// dw[row … row + R, strip of N vectors] of one panel: the sum runs over the m examples. The folded step is Sgd
/// of math/optimizers.h, like the separate one, so both give the same bits.
template <class T, int R, int N>
void back_weights_tile(const BackWeightsArgs<T>& a, int64_t row, const T* dy, int64_t ldy, T* dw, int64_t dw_step) {
  Vec<T> acc[R][N];
  clear_tile<T>(acc);
  add_columns<T>(acc, a.x, row, dy, ldy, a.m);
  const Vec<T> rate = Vec<T>::of(a.learning_rate);
  BARDANA_UNROLL
  for (int r = 0; r < R; ++r) {
    BARDANA_UNROLL
    for (int v = 0; v < N; ++v) {
      T* to = dw + r * dw_step + v * Vec<T>::kLanes;
      store(to, a.fold ? sgd_step(Vec<T>::load(to), acc[r][v], rate) : acc[r][v]);
    }
  }
}

/// Columns of dy side by side: rows of a wide dy are pages apart, and every tile of the panel reads them all.
template <class T>
BARDANA_FN void pack_columns(const T* dy, int64_t ldy, int64_t m, int64_t width, T* packed) {
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t at = 0; at < width; at += Vec<T>::kLanes)
      store(packed + i * width + at, Vec<T>::load(dy + i * ldy + at));
  }
}

template <class T>
void back_weights_wide(const BackWeightsArgs<T>& a) {
  for (int64_t first = 0; first < a.n; first += kPanel) {
    const int64_t width = panel_width(a.n, first), offset = first * a.k;
    const int64_t row = rows_before(a.begin, offset, width, a.k), end = rows_before(a.end, offset, width, a.k);
    if (row == end) continue;
    const T* dy = a.dy + first;
    int64_t ldy = a.ldy;
    if (a.m >= kPackFrom && end - row >= kPackFrom) {
      pack_columns(dy, ldy, a.m, width, a.scratch);
      dy = a.scratch, ldy = width;
    }
    for_each_tile<T>(row, end, 0, width, [&]<int R, int N>(int64_t r, int64_t at) {
      back_weights_tile<T, R, N>(a, r, dy + at, ldy, a.dw + offset + r * width + at, width);
    });
  }
}

/// dw of a layer with few outputs: the lanes run along k. Each element is the same chain as in a tile.
template <class T>
void back_weights_narrow(const BackWeightsArgs<T>& a) {
  constexpr int64_t kLanes = Vec<T>::kLanes;
  const int64_t begin = a.begin / kPad, end = a.end / kPad;  // rows of the single panel
  const Vec<T> rate = Vec<T>::of(a.learning_rate);
  if (!a.fold) {
    for (int64_t at = a.begin; at < a.end; at += kLanes) store(a.dw + at, Vec<T>::of(0));
  }
  for (int64_t j = 0; j < a.n; ++j) {
    for (int64_t i = begin; i < end; i += kLanes) {
      const int64_t count = end - i < kLanes ? end - i : kLanes;
      Vec<T> sum = Vec<T>::of(0);
      for (int64_t row = 0; row < a.m; ++row) {
        const T* x = a.x[row] + i;
        const Vec<T> left = count == kLanes ? Vec<T>::load(x) : load_first(x, count);
        sum = fma(left, Vec<T>::broadcast(a.dy + row * a.ldy + j), sum);
      }
      alignas(64) T lanes[kLanes] = {};
      T* dw = a.dw + i * kPad + j;
      for (int64_t l = 0; a.fold && l < count; ++l) lanes[l] = dw[l * kPad];
      store(lanes, a.fold ? sgd_step(Vec<T>::load(lanes), sum, rate) : sum);
      for (int64_t l = 0; l < count; ++l) dw[l * kPad] = lanes[l];
    }
  }
}

template <class T>
BARDANA_FN void sum_columns(const BackWeightsArgs<T>& a) {
  for (int64_t column = a.first; column < a.last; column += Vec<T>::kLanes) {
    Vec<T> sum = Vec<T>::of(0);
    for (int64_t row = 0; row < a.m; ++row) sum = sum + Vec<T>::load(a.dy + row * a.ldy + column);
    store(a.db + column, a.fold ? sgd_step(Vec<T>::load(a.db + column), sum, Vec<T>::of(a.learning_rate)) : sum);
  }
}

template <class T>
void back_weights(const BackWeightsArgs<T>& a) {
  if (a.narrow) {
    back_weights_narrow(a);
  } else {
    back_weights_wide(a);
  }
  if (a.db != nullptr) sum_columns(a);
}
