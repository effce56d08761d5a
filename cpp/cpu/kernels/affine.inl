// Dense forward: y = f(x w + b), weights in column panels (math/layout.h), the bias added last. Also dx = dy wᵀ, which
// is the same product with the transposed panels.

/// Whether the rows are computed from their first to their last column, and so lie contiguously.
template <class T>
BARDANA_FN bool is_whole(const AffineArgs<T>& a) {
  return a.first == 0 && a.end == a.ldy;
}

/// Adds the bias to a vector of sums and stores it, through relu where that is the activation.
template <class T>
BARDANA_FN void finish_tile(const AffineArgs<T>& a, Vec<T> sum, int64_t row, int64_t column) {
  if (a.b != nullptr) sum = sum + Vec<T>::load(a.b + column);
  const int64_t at = row * a.ldy + column;
  if (a.z != nullptr) store(a.z + at, sum);
  store(a.y + at, a.relu ? Relu::value(sum, static_cast<const Vec<T>*>(nullptr)) : sum);
}

/// Tiles one vector wide come back to their rows of x for every strip of a panel. Of more inputs than twice kInputBlock
/// they take so many at a time, which stay in L1 with the sums on their way waiting in y, as they are. Wider tiles gain
/// nothing.
constexpr int64_t kInputBlock = 512;

/// One tile of the inputs [first, end): rows from `row`, columns from `column`; w points to the tile's first column in
/// its panel.
template <class T, int R, int N>
void affine_tile(const AffineArgs<T>& a, int64_t row, int64_t column, const T* w, int64_t w_step, int64_t first,
                 int64_t end) {
  constexpr int64_t kLanes = Vec<T>::kLanes;
  T* y = a.y + row * a.ldy + column;
  Vec<T> acc[R][N];
  clear_tile<T>(acc);
  if (first > 0) {
    BARDANA_UNROLL
    for (int r = 0; r < R; ++r) {
      BARDANA_UNROLL
      for (int v = 0; v < N; ++v) acc[r][v] = Vec<T>::load(y + r * a.ldy + v * kLanes);
    }
  }
  add_rows<T>(acc, a.x + row, first, w + first * w_step, w_step, end - first);
  if (end < a.k) {
    BARDANA_UNROLL
    for (int r = 0; r < R; ++r) {
      BARDANA_UNROLL
      for (int v = 0; v < N; ++v) store(y + r * a.ldy + v * kLanes, acc[r][v]);
    }
    return;
  }
  BARDANA_UNROLL
  for (int v = 0; v < N; ++v) {
    BARDANA_UNROLL
    for (int r = 0; r < R; ++r) finish_tile(a, acc[r][v], row + r, column + v * kLanes);
  }
}

/// Layers of few outputs and many inputs leave most lanes of a panel idle; there the lanes run along k instead: lane l
/// sums the i ≡ l in rising order, then the lanes are added as a tree of halves. The columns of w are first copied to
/// a.scratch, where they are contiguous.
template <class T>
void affine_narrow(const AffineArgs<T>& a) {
  constexpr int64_t kLanes = Vec<T>::kLanes;
  const int64_t step = padded(a.k), whole = a.k / kLanes * kLanes;
  for (int64_t j = 0; j < a.n; ++j) {
    for (int64_t i = 0; i < step; ++i) a.scratch[j * step + i] = i < a.k ? a.w[i * kPad + j] : T(0);
  }
  for (int64_t row = 0; row < a.m; ++row) {
    Vec<T> sums = Vec<T>::of(0);  // the lanes behind n stay zero
    for (int64_t j = 0; j < a.n; ++j) {
      const T* column = a.scratch + j * step;
      Vec<T> sum = Vec<T>::of(0);
      for (int64_t i = 0; i < whole; i += kLanes) sum = fma(Vec<T>::load(a.x[row] + i), Vec<T>::load(column + i), sum);
      if (whole < a.k) sum = fma(load_first(a.x[row] + whole, a.k - whole), Vec<T>::load(column + whole), sum);
      sums = with_lane(sums, j, sum_lanes(sum));
    }
    finish_tile<T>(a, sums, row, 0);
    for (int64_t at = kLanes; at < kPad; at += kLanes) finish_tile<T>(a, Vec<T>::of(0), row, at);
  }
}

/// The share of the columns [a.first, a.end), panel by panel.
template <class T>
void affine_wide(const AffineArgs<T>& a) {
  for (int64_t panel = a.first / kPanel * kPanel; panel < a.end; panel += kPanel) {
    const int64_t width = panel_width(a.n, panel);
    const int64_t begin = a.first > panel ? a.first - panel : 0;
    const int64_t end = a.end - panel < width ? a.end - panel : width;
    const T* w = a.w + panel * a.k;
    const int64_t block = kTileVecs == 1 && a.k > 2 * kInputBlock ? kInputBlock : a.k;
    for (int64_t k = 0; k < a.k; k += block) {
      const int64_t end_k = a.k - k < block ? a.k : k + block;
      for_each_tile<T>(0, a.m, begin, end, [&]<int R, int N>(int64_t row, int64_t at) {
        affine_tile<T, R, N>(a, row, panel + at, w + at, width, k, end_k);
      });
    }
    if (a.activate == nullptr || is_whole(a)) continue;
    for (int64_t row = 0; row < a.m; ++row) {
      T* y = a.y + row * a.ldy + panel + begin;
      a.activate({.x = y, .dy = nullptr, .y = y, .size = end - begin, .parameters = a.parameters});
    }
  }
}

template <class T>
void affine(const AffineArgs<T>& a) {
  if (a.narrow) {
    affine_narrow(a);
  } else {
    affine_wide(a);
  }
  if (a.activate != nullptr && is_whole(a)) {
    a.activate({.x = a.y, .dy = nullptr, .y = a.y, .size = a.m * a.ldy, .parameters = a.parameters});
  }
}
