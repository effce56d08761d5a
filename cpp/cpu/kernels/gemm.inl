// Dense layers: y = f(x w + b), dw = xᵀ dy, and wᵀ for dx = dy wᵀ (which then is the forward kernel again).
// Weights stand in column panels (math/layout.h). A tile is kTileRows rows × kTileVecs vectors of accumulators that
// stay in registers while k runs; every output element is one chain of fma over k in rising order, started from zero,
// so neither the tile shape nor the number of rows changes a bit. The bias is added last.

template <class T, int R, int N>
BARDANA_FN void multiply_tile(Vec<T> (&acc)[R][N], const T* x, int64_t row_step, int64_t k_step, const T* w,
                              int64_t w_step, int64_t k) {
  constexpr int kLanes = Vec<T>::kLanes;
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < N; ++v) acc[r][v] = Vec<T>::of(0);
  for (int64_t i = 0; i < k; ++i, w += w_step, x += k_step) {
    Vec<T> column[N];
    for (int v = 0; v < N; ++v) column[v] = Vec<T>::load(w + v * kLanes);
    for (int r = 0; r < R; ++r) {
      const Vec<T> left = Vec<T>::broadcast(x + r * row_step);
      for (int v = 0; v < N; ++v) acc[r][v] = fma(left, column[v], acc[r][v]);
    }
  }
}

/// Rows r0 … r0 + R of one strip of N vectors: y = relu?(x w + b).
template <class T, int R, int N>
void affine_tile(const AffineArgs<T>& a, int64_t row, int64_t column, const T* w, int64_t w_step) {
  constexpr int kLanes = Vec<T>::kLanes;
  Vec<T> acc[R][N];
  multiply_tile<T, R, N>(acc, a.x + row * a.ldx, a.ldx, 1, w, w_step, a.k);
  for (int v = 0; v < N; ++v) {
    const Vec<T> bias = a.b != nullptr ? Vec<T>::load(a.b + column + v * kLanes) : Vec<T>::of(0);
    for (int r = 0; r < R; ++r) {
      const int64_t at = (row + r) * a.ldy + column + v * kLanes;
      const Vec<T> sum = acc[r][v] + bias;
      if (a.z != nullptr) store(a.z + at, sum);
      store(a.y + at, a.relu ? Relu::value(sum, static_cast<const Vec<T>*>(nullptr)) : sum);
    }
  }
}

/// dw[row … row + R, strip of N vectors] of one panel: the sum runs over the m examples. The folded update rounds as
/// the separate one (Sgd in math/optimizers.h) does, so both give the same bits.
template <class T, int R, int N>
void back_weights_tile(const BackWeightsArgs<T>& a, int64_t row, int64_t column, T* dw, int64_t dw_step) {
  Vec<T> acc[R][N];
  multiply_tile<T, R, N>(acc, a.x + row, 1, a.ldx, a.dy + column, a.ldy, a.m);
  const Vec<T> rate = Vec<T>::of(a.learning_rate);
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < N; ++v) {
      T* to = dw + r * dw_step + v * Vec<T>::kLanes;
      store(to, a.fold ? Vec<T>::load(to) - rate * acc[r][v] : acc[r][v]);
    }
  }
}

/// Turns the run-time sizes of a tile, 1 ≤ rows ≤ R and 1 ≤ vecs ≤ N, into the template arguments of call<R, N>().
template <int R, int N, class Call>
BARDANA_FN void with_tile(int64_t rows, int64_t vecs, Call call) {
  if constexpr (R > 1) {
    if (rows < R) return with_tile<R - 1, N>(rows, vecs, call);
  }
  if constexpr (N > 1) {
    if (vecs < N) return with_tile<R, N - 1>(rows, vecs, call);
  }
  call.template operator()<R, N>();
}

template <class T>
void affine(const AffineArgs<T>& a) {
  constexpr int kLanes = Vec<T>::kLanes;
  constexpr int64_t kStrip = kTileVecs * kLanes;
  for (int64_t first = 0; first < a.n; first += kPanel) {
    const int64_t width = panel_width(a.n, first);
    const T* panel = a.w + first * a.k;
    for (int64_t row = 0; row < a.m; row += kTileRows) {
      const int64_t rows = a.m - row < kTileRows ? a.m - row : kTileRows;
      for (int64_t at = 0; at < width; at += kStrip) {
        const int64_t vecs = width - at < kStrip ? (width - at) / kLanes : kTileVecs;
        with_tile<kTileRows, kTileVecs>(
            rows, vecs, [&]<int R, int N>() { affine_tile<T, R, N>(a, row, first + at, panel + at, width); });
      }
    }
  }
  if (a.activate != nullptr) {
    a.activate({.x = a.y, .dy = nullptr, .y = a.y, .size = a.m * a.ldy, .parameters = a.parameters});
  }
}

template <class T>
BARDANA_FN void sum_columns(const BackWeightsArgs<T>& a) {
  for (int64_t column = 0; column < padded(a.n); column += Vec<T>::kLanes) {
    Vec<T> sum = Vec<T>::of(0);
    for (int64_t row = 0; row < a.m; ++row) sum = sum + Vec<T>::load(a.dy + row * a.ldy + column);
    store(a.db + column, a.fold ? Vec<T>::load(a.db + column) - Vec<T>::of(a.learning_rate) * sum : sum);
  }
}

template <class T>
void back_weights(const BackWeightsArgs<T>& a) {
  constexpr int kLanes = Vec<T>::kLanes;
  constexpr int64_t kStrip = kTileVecs * kLanes;
  for (int64_t first = 0; first < a.n; first += kPanel) {
    const int64_t width = panel_width(a.n, first);
    T* panel = a.dw + first * a.k;
    for (int64_t row = 0; row < a.k; row += kTileRows) {
      const int64_t rows = a.k - row < kTileRows ? a.k - row : kTileRows;
      for (int64_t at = 0; at < width; at += kStrip) {
        const int64_t vecs = width - at < kStrip ? (width - at) / kLanes : kTileVecs;
        with_tile<kTileRows, kTileVecs>(rows, vecs, [&]<int R, int N>() {
          back_weights_tile<T, R, N>(a, row, first + at, panel + row * width + at, width);
        });
      }
    }
  }
  if (a.db != nullptr) sum_columns(a);
}

/// The padding of wt is written as zeros; reads run along the rows of wt, whose panels are written once.
template <class T>
void transpose(const TransposeArgs<T>& a) {
  for (int64_t first = 0; first < a.k; first += kPanel) {
    const int64_t width = panel_width(a.k, first);
    T* panel = a.wt + first * a.n;
    for (int64_t j = 0; j < width; ++j) {
      const bool inside = first + j < a.k;
      for (int64_t at = 0; at < a.n; at += kPanel) {
        const int64_t source_width = panel_width(a.n, at);
        const int64_t count = a.n - at < kPanel ? a.n - at : kPanel;
        const T* row = a.w + at * a.k + (first + j) * source_width;
        T* column = panel + at * width + j;
        for (int64_t i = 0; i < count; ++i) column[i * width] = inside ? row[i] : T(0);
      }
    }
  }
}
