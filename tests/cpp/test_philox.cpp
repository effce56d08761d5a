// Philox 4x32-10 against the known answers of Random123 (tests/kat_vectors), and what is drawn from it: permutations
// and dropout masks.
#include <algorithm>
#include <map>

#include "support.h"
#include "train/batches.h"

namespace bardana::test {

TEST_CASE("philox gives the published words") {
  struct KnownAnswer {
    uint32_t counter[4], key[2], words[4];
  };
  const KnownAnswer answers[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  const auto wide = [](uint32_t low, uint32_t high) { return static_cast<uint64_t>(high) << 32 | low; };
  for (const KnownAnswer& a : answers) {
    const PhiloxWords got =
        philox(wide(a.key[0], a.key[1]), wide(a.counter[2], a.counter[3]), wide(a.counter[0], a.counter[1]));
    for (int i = 0; i < 4; ++i) CHECK(got.word[i] == a.words[i]);
  }
}

TEST_CASE("a permutation holds every row once and depends on seed and epoch") {
  for (const int64_t rows : {0, 1, 2, 3, 1000}) {
    std::vector<int64_t> order = permutation(rows, 7, 0);
    CHECK(order == permutation(rows, 7, 0));
    if (rows == 1000) CHECK(order != permutation(rows, 7, 1));
    if (rows == 1000) CHECK(order != permutation(rows, 8, 0));
    std::sort(order.begin(), order.end());
    for (int64_t i = 0; i < rows; ++i) REQUIRE(order[static_cast<size_t>(i)] == i);
  }
}

TEST_CASE("every order of three rows is equally likely") {
  // 6000 draws of 6 equally likely orders: each count has mean 1000 and standard deviation 28.9; 6 of them allowed.
  std::map<std::vector<int64_t>, int> counts;
  for (uint64_t epoch = 0; epoch < 6000; ++epoch) ++counts[permutation(3, 42, epoch)];
  CHECK(counts.size() == 6);
  for (const auto& [order, count] : counts) CHECK(std::abs(count - 1000) < 174);
}

template <class T>
void check_dropout(const cpu::Kernels<T>& kernels, int64_t rows, int64_t cols, double rate) {
  constexpr int64_t kFirst = 30;  // rows of the call before these
  Random random(3);
  const Rows<T> x(rows, cols, random, 1.0, 2.0);
  Rows<T> y(rows, cols);
  kernels.dropout({x.data.data(), y.data.data(), x.ld, rows, cols, rate, 11, 5, kFirst});
  int64_t wrong = 0;
  y.for_each([&](int64_t row, int64_t col, T& value) {
    const auto counter = static_cast<uint64_t>(kFirst + row) << 32 | static_cast<uint64_t>(col / 4);
    const bool keep = philox(11, 5, counter).word[col % 4] >= rate * 4294967296.0;
    wrong += value != (keep ? x.at(row, col) * static_cast<T>(1.0 / (1.0 - rate)) : T(0));
  });
  CHECK(wrong == 0);
}

TEST_CASE("dropout keeps what Philox(seed, call, row, column) says") {
  for_each_kernels([](const auto& kernels) {
    for (const double rate : {0.0, 0.3, 0.5, 1.0}) {
      for (const int64_t cols : {1, 15, 16, 17, 97}) check_dropout(kernels, 5, cols, rate);
    }
  });
}

}  // namespace bardana::test
