// Accuracy of math/elementary.h on one lane, with a fused fma and with one that rounds twice, against the C library's
// double functions. Usage: test_elementary [stride]; every stride-th float is tested, 1 takes 14 minutes.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <limits>

#include "math/function.h"

namespace {

#include "math/scalar.h"
#include "math/elementary.h"

using Fused = Scalar<float, true>;
using TwoRoundings = Scalar<float, false>;
using Double = Scalar<double>;

constexpr float kFloatInfinity = std::numeric_limits<float>::infinity();
int failures = 0;

#define CHECK(condition, name, argument)                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      ++failures;                                                               \
      std::printf("FAILED %s(%.9g): %s\n", name, double{argument}, #condition); \
    }                                                                           \
  } while (false)

std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

float from_bits(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

/// |result − exact| in units of the float spacing at exact; an infinite result counts as 2¹²⁸.
double ulp_error(float result, double exact) {
  static constexpr double kOverflow = 0x1p128;
  const auto clipped = [](double y) { return std::clamp(y, -kOverflow, kOverflow); };
  if (std::isnan(result)) return kOverflow;
  const int binade = exact == 0 ? -126 : std::clamp(std::ilogb(exact), -126, 127);
  return std::fabs(clipped(result) - clipped(exact)) / std::ldexp(1.0, binade - 23);
}

/// The seven functions, each for any V, beside its double reference and its allowed errors in ulp.
#define FUNCTION(Name, reference_expression, fused, two_roundings)     \
  struct Name##Function {                                              \
    static constexpr const char* name = #Name;                         \
    static constexpr double limit[2] = {fused, two_roundings};         \
    static double reference(double x) { return reference_expression; } \
    template <class V>                                                 \
    static V value(V x) {                                              \
      return Name(x);                                                  \
    }                                                                  \
  };
FUNCTION(exp, std::exp(x), 2, 3)
FUNCTION(expm1, std::expm1(x), 2, 3)
FUNCTION(log, std::log(x), 2, 3)
FUNCTION(log1p, std::log1p(x), 2, 3)
FUNCTION(tanh, std::tanh(x), 2, 3)
FUNCTION(sigmoid, x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)), 3, 4)
FUNCTION(erf, std::erf(x), 2, 3)

struct Worst {
  double error = 0;
  float argument = 0;
  void add(double candidate, float x) {
    if (candidate > error) *this = {candidate, x};
  }
};

/// Both rounding modes at every stride-th float; NaN must come out where the reference is NaN and nowhere else.
template <class Function>
void sweep(std::uint64_t stride) {
  Worst worst[2];
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += stride) {
    const float x = from_bits(static_cast<std::uint32_t>(bits));
    const double exact = Function::reference(x);
    const float result[2] = {Function::value(Fused{x}).v, Function::value(TwoRoundings{x}).v};
    for (int mode = 0; mode < 2; ++mode) {
      if (std::isnan(exact)) {
        CHECK(std::isnan(result[mode]), Function::name, x);
      } else if (static_cast<double>(result[mode]) != exact) {
        worst[mode].add(ulp_error(result[mode], exact), x);
      }
    }
  }
  std::printf("%-8s  %5.3f at %-15.9g  %5.3f at %-15.9g\n", Function::name, worst[0].error, double{worst[0].argument},
              worst[1].error, double{worst[1].argument});
  for (int mode = 0; mode < 2; ++mode) {
    CHECK(worst[mode].error <= Function::limit[mode], Function::name, worst[mode].argument);
  }
}

template <class Function>
void check_one(float x) {
  const double exact = Function::reference(x);
  const float fused = Function::value(Fused{x}).v, twice = Function::value(TwoRoundings{x}).v;
  if (std::isnan(exact)) {
    CHECK(std::isnan(fused) && std::isnan(twice), Function::name, x);
  } else {
    CHECK(ulp_error(fused, exact) <= Function::limit[0], Function::name, x);
    CHECK(ulp_error(twice, exact) <= Function::limit[1], Function::name, x);
  }
}

/// Boundaries that a stride may miss, 20 neighbours on either side, both signs.
template <class Function>
void check_boundaries() {
  for (const float x : {0.0f,      0x1p-126f,  0x1p-24f,   0.3465736f, 0.5f,    0.55f,    2.0f / 3,  1.0f,
                        4.0f / 3,  1.0397208f, 3.9f,       4.0f,       9.01f,   17.3f,    87.33654f, 88.02969f,
                        88.37626f, 88.72284f,  103.27893f, 103.97208f, 0x1p23f, 0x1p126f, 2.2e38f,   kFloatInfinity}) {
    for (std::int64_t bits = std::int64_t{bits_of(x)} - 20; bits <= std::int64_t{bits_of(x)} + 20; ++bits) {
      const float neighbour = from_bits(static_cast<std::uint32_t>(std::max<std::int64_t>(bits, 0)));
      check_one<Function>(neighbour);
      check_one<Function>(-neighbour);
    }
  }
}

/// Results that must be exact, down to the sign of zero.
template <class Function>
void check_exact(float x, float expected) {
  CHECK(bits_of(Function::value(Fused{x}).v) == bits_of(expected), Function::name, x);
  CHECK(bits_of(Function::value(TwoRoundings{x}).v) == bits_of(expected), Function::name, x);
}

template <class Function>
void check_nan(float x) {
  CHECK(std::isnan(Function::value(Fused{x}).v), Function::name, x);
  CHECK(std::isnan(Function::value(TwoRoundings{x}).v), Function::name, x);
}

template <class... Functions>
void check_zero_to_itself() {
  for (const float x : {0.0f, -0.0f, 1e-45f, -1e-45f}) (check_exact<Functions>(x, x), ...);
}

void check_special_values() {
  constexpr float inf = kFloatInfinity;
  check_zero_to_itself<expm1Function, log1pFunction, tanhFunction>();
  check_exact<erfFunction>(0.0f, 0.0f);
  check_exact<erfFunction>(-0.0f, -0.0f);
  check_exact<expFunction>(0.0f, 1.0f);
  check_exact<expFunction>(-0.0f, 1.0f);
  check_exact<expFunction>(-inf, 0.0f);
  check_exact<expFunction>(-1e30f, 0.0f);
  check_exact<expFunction>(inf, inf);
  check_exact<expFunction>(1e30f, inf);
  check_exact<expm1Function>(-inf, -1.0f);
  check_exact<expm1Function>(inf, inf);
  check_exact<logFunction>(1.0f, 0.0f);
  check_exact<logFunction>(0.0f, -inf);
  check_exact<logFunction>(-0.0f, -inf);
  check_exact<logFunction>(inf, inf);
  check_exact<log1pFunction>(-1.0f, -inf);
  check_exact<log1pFunction>(inf, inf);
  check_exact<tanhFunction>(-inf, -1.0f);
  check_exact<tanhFunction>(inf, 1.0f);
  check_exact<sigmoidFunction>(0.0f, 0.5f);
  check_exact<sigmoidFunction>(-inf, 0.0f);
  check_exact<sigmoidFunction>(inf, 1.0f);
  check_exact<erfFunction>(-inf, -1.0f);
  check_exact<erfFunction>(inf, 1.0f);
  for (const float x : {-1e-45f, -1.0f, -inf}) check_nan<logFunction>(x);
  for (const float x : {-1.0000001f, -2.0f, -inf}) check_nan<log1pFunction>(x);
}

/// NaN in every function; doubles must equal the C library, sigmoid to rounding.
template <class Function>
void check_nan_and_double() {
  check_nan<Function>(std::numeric_limits<float>::quiet_NaN());
  check_nan<Function>(-std::numeric_limits<float>::quiet_NaN());
  for (const double x : {-800.0, -745.0, -20.0, -1.0, -0.3, -1e-300, -0.0, 0.0, 1e-300, 0.3, 1.0, 20.0, 709.0, 800.0}) {
    const double result = Function::value(Double{x}).v, exact = Function::reference(x);
    const double tolerance = std::strcmp(Function::name, "sigmoid") == 0 ? 1e-15 * std::fabs(exact) : 0;
    const bool equal = result == exact || std::fabs(result - exact) <= tolerance;
    CHECK(equal || (std::isnan(result) && std::isnan(exact)), Function::name, x);
  }
}

template <class... Functions>
void test_all(std::uint64_t stride) {
  std::printf("largest error in ulp, every %llu-th float\n", static_cast<unsigned long long>(stride));
  std::printf("%-8s  %-25s %s\n", "function", "fused fma", "fma rounded twice");
  (sweep<Functions>(stride), ...);
  (check_boundaries<Functions>(), ...);
  (check_nan_and_double<Functions>(), ...);
  check_special_values();
}

}  // namespace

int main(int count, char** arguments) {
  const long stride = count > 1 ? std::strtol(arguments[1], nullptr, 10) : 1021;  // a prime: 4.2 million floats
  if (stride < 1) {
    std::printf("expected a stride of 1 or more, received %s\n", arguments[1]);
    return 1;
  }
  test_all<expFunction, expm1Function, logFunction, log1pFunction, tanhFunction, sigmoidFunction, erfFunction>(
      static_cast<std::uint64_t>(stride));
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
