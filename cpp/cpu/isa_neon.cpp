// NEON (aarch64): four 16-byte registers make a vector; 24 of the 32 registers hold a tile.
#include <arm_neon.h>
#include <cstdint>

#include "cpu/kernel_table.h"
#include "math/function.h"

namespace bardana::cpu {
namespace {
#include "cpu/vec/reg.h"
#include "cpu/vec/pair.h"

using F = Reg<float, 16>;
using D = Reg<double, 16>;
BARDANA_FN F sqrt(F a) { return {vsqrtq_f32(a.raw)}; }
BARDANA_FN D sqrt(D a) { return {vsqrtq_f64(a.raw)}; }
BARDANA_FN F fma(F a, F b, F c) { return {vfmaq_f32(c.raw, a.raw, b.raw)}; }
BARDANA_FN D fma(D a, D b, D c) { return {vfmaq_f64(c.raw, a.raw, b.raw)}; }

template <class T>
using Vec = Pair<Pair<Reg<T, 16>>>;
constexpr int kTileRows = 6, kTileVecs = 1, kFewRows = 2, kFewVecs = 3;

#include "cpu/kernels/all.inl"
}  // namespace

const KernelTable kNeonTable = {"neon", kernels_of<float>(), kernels_of<double>()};

}  // namespace bardana::cpu
