// Random numbers in training: dropout of whole slices or with other values than 0, and normal noise. A number belongs
// to (seed, call, row of the call, place in the row): forward and backward, any thread and ISA draw the same.

/// Standard normal numbers z with tails Φ(−|z|) = p: |z| = s f(w) with s = 1 − 2p, w = −log(4 p (1 − p)), f a
/// polynomial in w below 5 and in √w above (Giles, "Approximating the erfinv function", GPU Computing Gems 2010).
/// Relative error of the polynomials at most 3.2e-7 (math/fit_normal.py), of z 1e-6 but for the rounding of s near 0,
/// 6e-8.
BARDANA_FN Vec<float> normal_numbers(Vec<float> tail, Vec<float> sign) {
  using V = Vec<float>;
  const V w = -log(V::of(4) * tail * (V::of(1) - tail));
  const V near = w - V::of(2.5), far = sqrt(w) - V::of(3);
  const V small = polynomial(near, 2.12331367, 0.348802388, -0.00590828573, -0.00177275517, 0.000309204886,
                             -6.28708358e-06, -5.00202623e-06, 4.91795447e-07, 4.12018615e-08);
  const V large = polynomial(far, 4.00643492, 1.41659081, 0.0133312643, -0.0108983386, 0.00822586659, -0.0048419009,
                             0.00162407919, -0.000163078541, -2.7775066e-05);
  const V f = select(w < V::of(5), small, large);
  return copysign((V::of(1) - (tail + tail)) * f, sign);
}

/// z = Φ⁻¹((word + ½) / 2³²).
BARDANA_FN void draw_normal(const uint32_t* words, float* numbers, int count) {
  alignas(64) float tail[Vec<float>::kLanes], sign[Vec<float>::kLanes];
  for (int i = 0; i < count; i += Vec<float>::kLanes) {
    for (int lane = 0; lane < Vec<float>::kLanes; ++lane) {
      const uint32_t word = words[i + lane];
      const bool upper = word >> 31 != 0;
      tail[lane] = (static_cast<float>(static_cast<int32_t>(upper ? ~word : word)) + 0.5f) * 0x1p-32f;
      sign[lane] = upper ? 1.0f : -1.0f;
    }
    store(numbers + i, normal_numbers(Vec<float>::load(tail), Vec<float>::load(sign)));
  }
}

/// 1 for the words that keep their element, 0 for a share `rate` of them.
BARDANA_FN void draw_kept(const uint32_t* words, float* numbers, int count, double rate) {
  const auto lowest = static_cast<uint64_t>(__builtin_ceil(rate * 4294967296.0));
  for (int i = 0; i < count; ++i) numbers[i] = words[i] >= lowest ? 1.0f : 0.0f;
}

constexpr int kDrawn = 4 * kDropoutBlocks;

/// The random numbers of a row from number `begin` on, a multiple of kDrawn, as many.
template <class T>
BARDANA_FN void draw(const NoiseArgs<T>& a, int64_t row, int64_t begin, float* numbers) {
  alignas(64) uint32_t words[kDrawn];
  fill_words(a.seed, a.call, static_cast<uint64_t>(row) << 32 | static_cast<uint64_t>(begin / 4), words);
  if (a.normal) {
    draw_normal(words, numbers, kDrawn);
  } else {
    draw_kept(words, numbers, kDrawn, a.rate);
  }
}

/// y of an element from its random number r: for normal noise x (1 + s r) or x + s r, else a x + b where it is kept
/// (r = 1), and c where not.
template <class T>
BARDANA_FN T with_noise(const NoiseArgs<T>& a, T x, float r) {
  if (a.normal) {
    const T size = static_cast<T>(a.scale) * static_cast<T>(r);
    return a.multiplies ? x * (T(1) + size) : x + size;
  }
  return r != 0.0f ? x * static_cast<T>(a.scale) + static_cast<T>(a.shift) : static_cast<T>(a.dropped);
}

template <class T>
void noise(const NoiseArgs<T>& given) {
  const NoiseArgs<T> a = given;  // a copy, which the stores below cannot change
  if (a.places == nullptr) {
    for (int64_t group = 0; group < a.rows * a.outer; ++group) {
      const T* x = a.x + group * a.ld;
      T* y = a.y + group * a.ld;
      for (int64_t begin = 0; begin < a.ld; begin += kDrawn) {
        alignas(64) float numbers[kDrawn];
        draw(a, a.first * a.outer + group, begin, numbers);
        const int64_t count = a.ld - begin < kDrawn ? a.ld - begin : kDrawn;
        for (int64_t i = 0; i < count; ++i) {
          const T value = with_noise(a, x[begin + i], numbers[i]);
          y[begin + i] = begin + i < a.cols ? value : T(0);
        }
      }
    }
    return;
  }
  for (int64_t row = 0; row < a.rows; ++row) {
    if (row == 0 || !a.shared) {
      for (int64_t begin = 0; begin < a.drawn; begin += kDrawn)
        draw(a, a.shared ? 0 : a.first + row, begin, a.numbers + begin);
    }
    for (int64_t o = 0; o < a.outer; ++o) {
      const int64_t at = (row * a.outer + o) * a.ld;
      for (int64_t i = 0; i < a.cols; ++i)
        a.y[at + i] = with_noise(a, a.x[at + i], a.numbers[a.places[o * a.cols + i]]);
      for (int64_t i = a.cols; i < a.ld; ++i) a.y[at + i] = T(0);
    }
  }
}
