// Columns [first, end) of wᵀ, for dx = dy wᵀ: the weights of a layer with k inputs and n outputs, turned into one panel
// of n rows with the layer's inputs first … end as columns.

/// Four rows of four numbers, transposed.
BARDANA_FN void transpose_4x4(const float* from, int64_t from_step, float* to, int64_t to_step) {
  typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
  const auto row = [&](int64_t i) { return *reinterpret_cast<const Four*>(from + i * from_step); };
  const Four a = row(0), b = row(1), c = row(2), d = row(3);
#ifdef __clang__
  const Four out[4] = {
      {a[0], b[0], c[0], d[0]}, {a[1], b[1], c[1], d[1]}, {a[2], b[2], c[2], d[2]}, {a[3], b[3], c[3], d[3]}};
#else
  typedef int Places __attribute__((vector_size(16)));
  constexpr Places kLow = {0, 4, 1, 5}, kHigh = {2, 6, 3, 7}, kFirst = {0, 1, 4, 5}, kSecond = {2, 3, 6, 7};
  const Four ab = __builtin_shuffle(a, b, kLow), cd = __builtin_shuffle(c, d, kLow);
  const Four ab_high = __builtin_shuffle(a, b, kHigh), cd_high = __builtin_shuffle(c, d, kHigh);
  const Four out[4] = {__builtin_shuffle(ab, cd, kFirst), __builtin_shuffle(ab, cd, kSecond),
                       __builtin_shuffle(ab_high, cd_high, kFirst), __builtin_shuffle(ab_high, cd_high, kSecond)};
#endif
  for (int64_t i = 0; i < 4; ++i) *reinterpret_cast<Four*>(to + i * to_step) = out[i];
}
BARDANA_FN void transpose_4x4(const double* from, int64_t from_step, double* to, int64_t to_step) {
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) to[i * to_step + j] = from[j * from_step + i];
}

/// wt[j][i] = w[first + i][j] for i < width, j < n, zeros where first + i ≥ k; width is a multiple of 16. Rows of w are
/// padded to a multiple of 16, so whole blocks of four columns may be read; wt holds padded(n) rows, of which those
/// behind the n-th may be left as they are.
template <class T>
void transpose(const TransposeArgs<T>& a) {
  const int64_t inside = a.k - a.first < a.width ? a.k - a.first : a.width;
  for (int64_t panel = 0; panel < a.n; panel += kPanel) {
    const int64_t panel_step = panel_width(a.n, panel);
    const T* w = a.w + panel * a.k + a.first * panel_step;
    T* wt = a.wt + panel * a.width;
    for (int64_t i = 0; i < a.width; i += 4) {
      for (int64_t j = 0; j < panel_step && panel + j < a.n; j += 4) {
        T* to = wt + j * a.width + i;
        if (i + 4 <= inside) {
          transpose_4x4(w + i * panel_step + j, panel_step, to, a.width);
          continue;
        }
        for (int64_t jj = 0; jj < 4; ++jj)
          for (int64_t ii = 0; ii < 4; ++ii) {
            to[jj * a.width + ii] = i + ii < inside ? w[(i + ii) * panel_step + j + jj] : T(0);
          }
      }
    }
  }
}
