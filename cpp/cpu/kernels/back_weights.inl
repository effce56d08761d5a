// Dense backward for the weights: dw = xᵀ dy in column panels, db = column sums of dy; or, folded, a step of plain SGD
// on the weights themselves. Work is shared by ranges of the stored matrix, so that each thread keeps to its own
// weights.

template <class V>
BARDANA_FN V sgd_step(V w, V gradient, V rate) {
  Sgd::update(w, gradient, static_cast<V*>(nullptr), nullptr, &rate);
  return w;
}

/// dw of R rows × N vectors at `dw` in a panel: the sum runs over the m examples, of which x(i) points to the inputs.
/// The folded step is Sgd of math/optimizers.h, like the separate one, so both give the same bits.
template <class T, int R, int N, class Rows>
void back_weights_tile(const BackWeightsArgs<T>& a, Rows x, const T* dy, int64_t ldy, T* dw, int64_t dw_step) {
  Vec<T> acc[R][N];
  clear_tile<T>(acc);
  add_columns<T>(acc, x, dy, ldy, a.m);
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

/// A panel's columns of dy, strip by strip, each contiguous: rows of a wide dy are pages apart, and every tile of the
/// panel reads them all. The strip of column c starts at c · m.
template <class T>
BARDANA_FN void pack_strips(const T* dy, int64_t ldy, int64_t m, int64_t width, T* packed) {
  constexpr int64_t kStrip = kTileVecs * Vec<T>::kLanes;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t at = 0; at < width; at += Vec<T>::kLanes)
      store(packed + at / kStrip * kStrip * m + i * kStrip + at % kStrip, Vec<T>::load(dy + i * ldy + at));
  }
}

/// The rows [row, end) of the panel at `dw`; x(i, r) points to the inputs from r of example i, `strips` is the packed
/// dy.
template <class T, class Inputs>
BARDANA_FN void back_weights_strips(const BackWeightsArgs<T>& a, Inputs x, const T* strips, int64_t row, int64_t end,
                                    T* dw, int64_t width) {
  constexpr int64_t kStrip = kTileVecs * Vec<T>::kLanes;
  for (; row < end; row += kTileRows) {
    const int64_t count = end - row < kTileRows ? end - row : kTileRows;
    for (int64_t at = 0; at < width; at += kStrip) {
      const int64_t vecs = width - at < kStrip ? (width - at) / Vec<T>::kLanes : kTileVecs;
      with_tile<kTileRows, kTileVecs>(count, vecs, [&]<int R, int N>() {
        const auto of = [&](int64_t i) { return x(i, row); };
        back_weights_tile<T, R, N>(a, of, strips + at * a.m, kStrip, dw + row * width + at, width);
      });
    }
  }
}

/// Calls with(first, width, row, end) for the panels, from column `first` to below `last`, that hold some of the
/// elements asked for: in their rows [row, end).
template <class T, class With>
BARDANA_FN void for_each_panel(const BackWeightsArgs<T>& a, int64_t first, int64_t last, With with) {
  for (; first < last; first += kPanel) {
    const int64_t width = panel_width(a.n, first), offset = first * a.k;
    const int64_t row = rows_before(a.begin, offset, width, a.k), end = rows_before(a.end, offset, width, a.k);
    if (row < end) with(first, width, row, end);
  }
}

/// Many examples, tiles of several vectors: dy is packed, a panel at a time.
template <class T>
void back_weights_packed(const BackWeightsArgs<T>& a) {
  for_each_panel(a, 0, a.n, [&](int64_t first, int64_t width, int64_t row, int64_t end) {
    pack_strips(a.dy + first, a.ldy, a.m, width, a.scratch);
    const auto x = [&](int64_t i, int64_t r) { return a.x[i] + r; };
    back_weights_strips(a, x, a.scratch, row, end, a.dw + first * a.k, width);
  });
}

/// Tiles one vector wide come back to their inputs for every strip. So kInputs of them are copied, tile by tile,
/// kStride elements an example (a tile uses kTileRows of these), and serve a group of kGroup panels.
constexpr int64_t kInputs = 8 * kTileRows, kStride = 8, kApart = 2, kGroup = kPackedPanels;
template <class T>
BARDANA_FN void pack_inputs(const BackWeightsArgs<T>& a, int64_t first, int64_t end, T* packed) {
  for (int64_t i = 0; i < a.m; ++i) {
    const T* x = a.x[i];
    for (int64_t row = first; row < end; row += kTileRows) {
      T* to = packed + ((row - first) / kTileRows * (a.m + kApart) + i) * kStride;
      if (row + kStride <= a.k) {
        __builtin_memcpy(to, x + row, kStride * sizeof(T));
      } else {
        for (int64_t j = 0; row + j < a.k; ++j) to[j] = x[row + j];
      }
    }
  }
}

template <class T>
void back_weights_twice_packed(const BackWeightsArgs<T>& a) {
  static_assert(kTileRows <= kStride && 24 % kTileRows == 0);  // shares end at multiples of 24 rows
  constexpr int64_t kTiles = kInputs / kTileRows;
  T *inputs = a.scratch, *dy = a.scratch + kTiles * kStride * (a.m + kApart);
  for (int64_t group = 0; group < a.n; group += kGroup * kPanel) {
    const int64_t last = group + kGroup * kPanel < a.n ? group + kGroup * kPanel : a.n;
    const auto strips = [&](int64_t first) { return dy + (first - group) * a.m; };
    int64_t begin = a.k, stop = 0;
    for_each_panel(a, group, last, [&](int64_t first, int64_t width, int64_t row, int64_t end) {
      pack_strips(a.dy + first, a.ldy, a.m, width, strips(first));
      begin = row < begin ? row : begin;
      stop = end > stop ? end : stop;
    });
    for (; begin < stop; begin += kInputs) {
      const int64_t end_of_inputs = stop - begin < kInputs ? stop : begin + kInputs;
      pack_inputs(a, begin, end_of_inputs, inputs);
      const auto x = [&](int64_t i, int64_t r) {
        return inputs + ((r - begin) / kTileRows * (a.m + kApart) + i) * kStride;
      };
      for_each_panel(a, group, last, [&](int64_t first, int64_t width, int64_t row, int64_t end) {
        const int64_t from = row > begin ? row : begin, to = end < end_of_inputs ? end : end_of_inputs;
        back_weights_strips(a, x, strips(first), from, to, a.dw + first * a.k, width);
      });
    }
  }
}

template <class T>
void back_weights_wide(const BackWeightsArgs<T>& a) {
  if (a.m >= kPackFrom && a.k >= kPackFrom) {
    if constexpr (kTileVecs > 1) {
      return back_weights_packed(a);
    } else {
      return back_weights_twice_packed(a);
    }
  }
  for_each_panel(a, 0, a.n, [&](int64_t first, int64_t width, int64_t row, int64_t end) {
    for_each_tile<T>(row, end, 0, width, [&]<int R, int N>(int64_t r, int64_t at) {
      const auto x = [&](int64_t i) { return a.x[i] + r; };
      back_weights_tile<T, R, N>(a, x, a.dy + first + at, a.ldy, a.dw + first * a.k + r * width + at, width);
    });
  });
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
