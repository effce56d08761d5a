// The inner loops of dense layers: a tile of R rows × N vectors of accumulators that stay in registers while the summed
// axis runs. Every output element is one chain of fma in rising order, started from zero, so neither the shape of the
// tile nor the number of rows, threads or vectors changes a bit.

/// Loops over a tile must be unrolled, or GCC keeps the accumulators in memory: the last loop of a tile, left rolled,
/// spilled all of them and cost a tenth of W1.
#ifdef __clang__
#define BARDANA_UNROLL _Pragma("clang loop unroll(full)")
#else
#define BARDANA_UNROLL _Pragma("GCC unroll 16")
#endif

template <class T, int R, int N>
BARDANA_FN void clear_tile(Vec<T> (&acc)[R][N]) {
  BARDANA_UNROLL
  for (int r = 0; r < R; ++r) {
    BARDANA_UNROLL
    for (int v = 0; v < N; ++v) acc[r][v] = Vec<T>::of(0);
  }
}

/// acc[r] += Σᵢ x[r][first + i] · w[i], i < k; `w_step` elements from row to row of w.
template <class T, int R, int N>
BARDANA_FN void add_rows(Vec<T> (&acc)[R][N], const T* const* x, int64_t first, const T* w, int64_t w_step, int64_t k) {
  const T* row[R];
  BARDANA_UNROLL
  for (int r = 0; r < R; ++r) row[r] = x[r] + first;
  for (int64_t i = 0; i < k; ++i, w += w_step) {
    Vec<T> right[N];
    BARDANA_UNROLL
    for (int v = 0; v < N; ++v) right[v] = Vec<T>::load(w + v * Vec<T>::kLanes);
    BARDANA_UNROLL
    for (int r = 0; r < R; ++r) {
      const Vec<T> left = Vec<T>::broadcast(row[r] + i);
      BARDANA_UNROLL
      for (int v = 0; v < N; ++v) acc[r][v] = fma(left, right[v], acc[r][v]);
    }
  }
}

/// acc[r] += Σᵢ x(i)[r] · dy[i], i < m.
template <class T, int R, int N, class Rows>
BARDANA_FN void add_columns(Vec<T> (&acc)[R][N], Rows x, const T* dy, int64_t dy_step, int64_t m) {
  for (int64_t i = 0; i < m; ++i, dy += dy_step) {
    const T* left_of = x(i);
    Vec<T> right[N];
    BARDANA_UNROLL
    for (int v = 0; v < N; ++v) right[v] = Vec<T>::load(dy + v * Vec<T>::kLanes);
    BARDANA_UNROLL
    for (int r = 0; r < R; ++r) {
      const Vec<T> left = Vec<T>::broadcast(left_of + r);
      BARDANA_UNROLL
      for (int v = 0; v < N; ++v) acc[r][v] = fma(left, right[v], acc[r][v]);
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

/// Calls call<r, n>(row, at) for the tiles that cover rows × columns, r ≤ R rows of n ≤ N vectors each; the strips of
/// one row of tiles follow each other. Rows are dealt evenly: a last tile of few rows would wait for its own sums.
template <class T, int R, int N, class Call>
BARDANA_FN void cover(int64_t first_row, int64_t end_row, int64_t first, int64_t end, Call call) {
  constexpr int64_t kStrip = N * Vec<T>::kLanes;
  for (int64_t left = (end_row - first_row + R - 1) / R, row = first_row; left > 0; --left) {
    const int64_t rows = left == 1 ? end_row - row : (end_row - row + left - 1) / left;  // small nets notice a division
    for (int64_t at = first; at < end; at += kStrip) {
      const int64_t vecs = end - at < kStrip ? (end - at) / Vec<T>::kLanes : N;
      with_tile<R, N>(rows, vecs, [&]<int Rows, int Vecs>() { call.template operator()<Rows, Vecs>(row, at); });
    }
    row += rows;
  }
}

/// The same with the tiles of this ISA: where a tile is one vector wide, a few rows alone have too few sums under way
/// to fill the arithmetic units, and take more vectors.
template <class T, class Call>
BARDANA_FN void for_each_tile(int64_t first_row, int64_t end_row, int64_t first, int64_t end, Call call) {
  if constexpr (kFewVecs > kTileVecs) {
    if (end_row - first_row <= kFewRows) return cover<T, kFewRows, kFewVecs>(first_row, end_row, first, end, call);
  }
  cover<T, kTileRows, kTileVecs>(first_row, end_row, first, end, call);
}

/// How many whole rows of the panel that starts at `offset` lie before element `element` of the stored matrix.
BARDANA_FN int64_t rows_before(int64_t element, int64_t offset, int64_t width, int64_t rows) {
  const int64_t row = element <= offset ? 0 : (element - offset) / width;
  return row < rows ? row : rows;
}
