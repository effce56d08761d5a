// gather: every element type, all 65,536 half values, order, offsets and zeroed padding.
#include <algorithm>
#include <numeric>

#include "support.h"

namespace bardana::test {
namespace {

/// IEEE 754 binary16 by its definition, in double.
double half_value(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = bits & 0x8000 ? -1.0 : 1.0;
  if (exponent == 31) return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

/// Every bit pattern of an element that a test wants: all bytes and halves, random ones else, extremes included.
template <class S>
std::vector<S> elements(int64_t count) {
  std::vector<S> list(static_cast<size_t>(count));
  std::mt19937_64 random(5);
  for (size_t i = 0; i < list.size(); ++i) {
    if constexpr (std::is_floating_point_v<S>) {
      list[i] = static_cast<S>(
          std::ldexp(static_cast<double>(static_cast<int64_t>(random())), static_cast<int>(random() % 200) - 160));
    } else {
      list[i] = sizeof(S) <= 2 ? static_cast<S>(i) : static_cast<S>(random() >> random() % 64);
    }
  }
  list[0] = std::numeric_limits<S>::max();
  list[1] = std::numeric_limits<S>::lowest();
  list[2] = S(0);
  list[3] = std::numeric_limits<S>::has_infinity ? -std::numeric_limits<S>::infinity() : S(1);
  return list;
}

/// Gathers rows `order[first …]` of a source and compares each element with convert(element).
template <class T, class S, class Convert>
void check_type(const cpu::Kernels<T>& kernels, ElementType type, const std::vector<S>& source, int64_t cols,
                Convert convert) {
  CAPTURE(static_cast<int>(type));
  CAPTURE(cols);
  const int64_t all = static_cast<int64_t>(source.size()) / cols, first = 3, rows = all - 5;
  std::vector<int64_t> order(static_cast<size_t>(all));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(9));
  for (const bool ordered : {false, true}) {
    Rows<T> y(rows, cols);
    y.data.assign(y.data.size(), T(7));
    kernels.gather({source.data(), type, ordered ? order.data() : nullptr, first, rows, cols, y.data.data(), y.ld});
    int64_t wrong = 0;
    y.for_each([&](int64_t row, int64_t col, T& value) {
      const int64_t from = ordered ? order[static_cast<size_t>(first + row)] : first + row;
      const T expected = static_cast<T>(convert(source[static_cast<size_t>(from * cols + col)]));
      const bool equal = value == expected && std::signbit(value) == std::signbit(expected);
      wrong += !equal && !(std::isnan(value) && std::isnan(expected));
    });
    CHECK(wrong == 0);
    CHECK(y.padding_is_zero());
  }
}

template <class S, class T>
void check_plain(const cpu::Kernels<T>& kernels, ElementType type) {
  for (const int64_t cols : {1, 7, 16, 17, 100}) {
    check_type(kernels, type, elements<S>(cols * 700), cols, [](S s) { return s; });
  }
}

}  // namespace

TEST_CASE("every element type is converted as static_cast does") {
  for_each_kernels([](const auto& kernels) {
    check_plain<int8_t>(kernels, ElementType::int8);
    check_plain<uint8_t>(kernels, ElementType::uint8);
    check_plain<int16_t>(kernels, ElementType::int16);
    check_plain<uint16_t>(kernels, ElementType::uint16);
    check_plain<int32_t>(kernels, ElementType::int32);
    check_plain<uint32_t>(kernels, ElementType::uint32);
    check_plain<int64_t>(kernels, ElementType::int64);
    check_plain<uint64_t>(kernels, ElementType::uint64);
    check_plain<float>(kernels, ElementType::float32);
    check_plain<double>(kernels, ElementType::float64);
  });
}

TEST_CASE("any byte but 0 is true") {
  for_each_kernels([](const auto& kernels) {
    check_type(kernels, ElementType::boolean, elements<uint8_t>(17 * 40), 17, [](uint8_t byte) { return byte != 0; });
  });
}

TEST_CASE("all half values") {
  std::vector<uint16_t> halves(65536 + 8 * 32);  // eight rows more, for check_type leaves rows out at both ends
  std::iota(halves.begin(), halves.end(), uint16_t{0});
  std::rotate(halves.begin(), halves.end() - 4 * 32, halves.end());
  for_each_kernels([&](const auto& kernels) { check_type(kernels, ElementType::float16, halves, 32, half_value); });
}

TEST_CASE("rows of width one without padding, as sample weights are gathered") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    const std::vector<double> source = {1, 2, 3, 4, 5};
    const std::vector<int64_t> order = {4, 0, 3, 1, 2};
    std::vector<T> y(3);
    kernels.gather({source.data(), ElementType::float64, order.data(), 1, 3, 1, y.data(), 1});
    CHECK(y == std::vector<T>{1, 4, 2});
  });
}

}  // namespace bardana::test
