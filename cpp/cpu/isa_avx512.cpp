// AVX-512 (F, DQ, BW, VL): one 64-byte register is a vector.
#include <cstdint>
#include <immintrin.h>

#include "cpu/kernel_table.h"
#include "math/function.h"

namespace bardana::cpu {
namespace {
#include "cpu/vec/reg.h"
#include "cpu/vec/pair.h"

using F = Reg<float, 64>;
using D = Reg<double, 64>;
BARDANA_FN F sqrt(F a) { return {_mm512_maskz_sqrt_ps(0xFFFF, a.raw)}; }
BARDANA_FN D sqrt(D a) { return {_mm512_maskz_sqrt_pd(0xFF, a.raw)}; }
BARDANA_FN F fma(F a, F b, F c) { return {_mm512_fmadd_ps(a.raw, b.raw, c.raw)}; }
BARDANA_FN D fma(D a, D b, D c) { return {_mm512_fmadd_pd(a.raw, b.raw, c.raw)}; }

// GCC makes a comparison and a blend of the generic form; these return b when either is NaN, as it does.
BARDANA_FN F min(F a, F b) { return {_mm512_maskz_min_ps(0xFFFF, a.raw, b.raw)}; }
BARDANA_FN D min(D a, D b) { return {_mm512_maskz_min_pd(0xFF, a.raw, b.raw)}; }
BARDANA_FN F max(F a, F b) { return {_mm512_maskz_max_ps(0xFFFF, a.raw, b.raw)}; }
BARDANA_FN D max(D a, D b) { return {_mm512_maskz_max_pd(0xFF, a.raw, b.raw)}; }

// One instruction each for what the generic forms do in several, with the same bits.
BARDANA_FN F ldexp_wide(F a, F n) { return {_mm512_maskz_scalef_ps(0xFFFF, a.raw, n.raw)}; }
BARDANA_FN F exponent(F a) { return {_mm512_maskz_getexp_ps(0xFFFF, a.raw)}; }
BARDANA_FN F mantissa(F a) { return {_mm512_maskz_getmant_ps(0xFFFF, a.raw, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src)}; }

/// The first `count` elements from p on, zeros behind them.
BARDANA_FN F load_first(const float* p, int64_t count) {
  return {_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), p)};
}
BARDANA_FN D load_first(const double* p, int64_t count) {
  return {_mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1), p)};
}

template <class T>
using Vec = Reg<T, 64>;
constexpr int kTileRows = 8, kTileVecs = 3, kFewRows = 0, kFewVecs = 0;

#include "cpu/kernels/all.inl"
}  // namespace

const KernelTable kAvx512Table = {"avx512", kernels_of<float>(), kernels_of<double>()};

}  // namespace bardana::cpu
