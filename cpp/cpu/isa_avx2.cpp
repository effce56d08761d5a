// AVX2 with FMA: two 32-byte registers make a vector.
#include <cstdint>
#include <immintrin.h>

#include "cpu/kernel_table.h"
#include "math/function.h"

namespace bardana::cpu {
namespace {
#include "cpu/vec/reg.h"
#include "cpu/vec/pair.h"

using F = Reg<float, 32>;
using D = Reg<double, 32>;
BARDANA_FN F sqrt(F a) { return {_mm256_sqrt_ps(a.raw)}; }
BARDANA_FN D sqrt(D a) { return {_mm256_sqrt_pd(a.raw)}; }
BARDANA_FN F fma(F a, F b, F c) { return {_mm256_fmadd_ps(a.raw, b.raw, c.raw)}; }
BARDANA_FN D fma(D a, D b, D c) { return {_mm256_fmadd_pd(a.raw, b.raw, c.raw)}; }

// GCC makes a comparison and a blend of the generic form; these return b when either is NaN, as it does.
BARDANA_FN F min(F a, F b) { return {_mm256_min_ps(a.raw, b.raw)}; }
BARDANA_FN D min(D a, D b) { return {_mm256_min_pd(a.raw, b.raw)}; }
BARDANA_FN F max(F a, F b) { return {_mm256_max_ps(a.raw, b.raw)}; }
BARDANA_FN D max(D a, D b) { return {_mm256_max_pd(a.raw, b.raw)}; }

/// The first `count` elements from p on, zeros behind them.
BARDANA_FN Pair<F> load_first(const float* p, int64_t count) {
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const int many = static_cast<int>(count);
  return {{_mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(many), lanes))},
          {_mm256_maskload_ps(p + 8, _mm256_cmpgt_epi32(_mm256_set1_epi32(many - 8), lanes))}};
}

template <class T>
using Vec = Pair<Reg<T, 32>>;
constexpr int kTileRows = 6, kTileVecs = 1, kFewRows = 2, kFewVecs = 3;

#include "cpu/kernels/all.inl"
}  // namespace

const KernelTable kAvx2Table = {"avx2", kernels_of<float>(), kernels_of<double>()};

}  // namespace bardana::cpu
