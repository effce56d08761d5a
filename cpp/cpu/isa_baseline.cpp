// Baseline: 16-byte registers of the compiler's vector types, for any machine; fma is a multiplication and an addition.
#include <cstdint>

#include "cpu/kernel_table.h"
#include "math/function.h"

namespace bardana::cpu {
namespace {
#include "cpu/vec/reg.h"
#include "cpu/vec/pair.h"

template <class T>
using Native = Reg<T, 16>;
BARDANA_FN Native<float> sqrt(Native<float> a) {
  return lanewise(a, [](float x) { return __builtin_sqrtf(x); });
}
BARDANA_FN Native<double> sqrt(Native<double> a) {
  return lanewise(a, [](double x) { return __builtin_sqrt(x); });
}
BARDANA_FN Native<float> fma(Native<float> a, Native<float> b, Native<float> c) { return a * b + c; }
BARDANA_FN Native<double> fma(Native<double> a, Native<double> b, Native<double> c) { return a * b + c; }

template <class T>
using Vec = Pair<Pair<Native<T>>>;
constexpr int kTileRows = 3, kTileVecs = 1, kFewRows = 1, kFewVecs = 3;

#include "cpu/kernels/all.inl"
}  // namespace

const KernelTable kBaselineTable = {"baseline", kernels_of<float>(), kernels_of<double>()};

}  // namespace bardana::cpu
