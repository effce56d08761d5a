// Kernels of embeddings and preprocessing layers. Their results are sums in a given order, or two roundings, and so
// equal a plain loop bit by bit; a folded step equals the optimizer's own up to the rounding of its fma.
#include <algorithm>

#include "backend/source.h"
#include "support.h"

namespace bardana::test {
namespace {

const std::vector<int64_t> kColumns = {1, 7, 16, 17, 47, 48, 49, 97, 144};

template <class T>
std::vector<int32_t> some_ids(int64_t count, int64_t rows, Random& random) {
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < count; ++i) ids.push_back(static_cast<int32_t>(random.integer(-rows, rows - 1)));
  return ids;
}

int64_t row_of(int32_t id, int64_t rows) { return id < 0 ? id + rows : id; }

}  // namespace

TEST_CASE("embed copies rows; a row that is not there is NaN; padding is zero") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    Random random(3);
    for (const int64_t cols : kColumns) {
      const int64_t rows = 9, count = 25;
      const Rows<T> table(rows, cols, random);
      std::vector<int32_t> ids = some_ids<T>(count, rows, random);
      ids[3] = 9, ids[4] = -10, ids[5] = std::numeric_limits<int32_t>::min();
      const std::vector<T> w = panels(table);
      Rows<T> y(count, cols);
      y.set_padding(T(7));
      kernels.embed({ids.data(), w.data(), y.data.data(), y.ld, count, rows, cols});
      int64_t wrong = 0;
      y.for_each([&](int64_t g, int64_t col, T& value) {
        const bool missing = g >= 3 && g <= 5;
        wrong += missing ? !std::isnan(value) : value != table.at(row_of(ids[static_cast<size_t>(g)], rows), col);
      });
      CHECK(wrong == 0);
      CHECK(y.padding_is_zero());
    }
  });
}

TEST_CASE("embed_backward adds in the order of the groups, whatever the shares") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    Random random(4);
    for (const int64_t cols : kColumns) {
      const int64_t rows = 7, count = 60;
      const Rows<T> dy(count, cols, random);
      std::vector<int32_t> ids = some_ids<T>(count, rows - 1, random);  // one row is never named
      ids[10] = 7, ids[11] = -8;                                        // no rows
      Rows<T> sum(rows, cols);
      for (int64_t g = 0; g < count; ++g) {
        const int64_t row = row_of(ids[static_cast<size_t>(g)], rows);
        if (row < 0 || row >= rows) continue;
        for (int64_t col = 0; col < cols; ++col) sum.at(row, col) += dy.at(g, col);
      }
      const std::vector<T> expected = panels(sum);
      for (const int64_t cut : {int64_t{0}, int64_t{3}, rows}) {
        std::vector<T> dw(expected.size(), T(5));
        for (const auto& [begin, end] : {std::pair{int64_t{0}, cut}, std::pair{cut, rows}}) {
          kernels.embed_backward(
              {ids.data(), dy.data.data(), dw.data(), dy.ld, count, rows, cols, begin, end, false, 0.0});
        }
        CHECK(same_bits(dw, expected));
      }
    }
  });
}

TEST_CASE("embed_backward, folded, takes a step of SGD for every group") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    Random random(5);
    const int64_t rows = 5, cols = 50, count = 40;
    const Rows<T> dy(count, cols, random), start(rows, cols, random);
    const std::vector<int32_t> ids = some_ids<T>(count, rows, random);
    std::vector<T> w = panels(start);
    kernels.embed_backward({ids.data(), dy.data.data(), w.data(), dy.ld, count, rows, cols, 0, rows, true, 0.125});
    Rows<T> expected = start;
    for (int64_t g = 0; g < count; ++g) {
      const int64_t row = row_of(ids[static_cast<size_t>(g)], rows);
      for (int64_t col = 0; col < cols; ++col) expected.at(row, col) -= T(0.125) * dy.at(g, col);
    }
    const std::vector<T> twin = panels(expected);
    // At most `count` steps with numbers below 8, each rounded at most twice.
    const double tolerance = 2.0 * 8.0 * static_cast<double>(count) * std::numeric_limits<T>::epsilon();
    double worst = 0.0;
    for (size_t i = 0; i < w.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(w[i]) - twin[i]));
    CHECK(worst <= tolerance);
  });
}

TEST_CASE("scale rounds twice in all its four forms") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    Random random(6);
    const int64_t rows = 5, size = 48;
    const std::vector<T> x = random.list<T>(rows * size), factor = random.list<T>(size, 0.5, 2.0);
    const std::vector<T> offset = random.list<T>(size);
    for (const bool divides : {false, true}) {
      for (const bool shifts : {false, true}) {
        std::vector<T> y(x.size()), expected;
        kernels.scale({x.data(), y.data(), factor.data(), shifts ? offset.data() : nullptr, rows, size, divides});
        for (size_t i = 0; i < x.size(); ++i) {
          const T f = factor[i % size], o = shifts ? offset[i % size] : T(0);
          if (divides) {
            const T difference = x[i] - o;
            expected.push_back(difference / f);
          } else {
            const T product = x[i] * f;
            expected.push_back(product + o);
          }
        }
        CHECK(same_numbers(y, expected));
      }
    }
  });
}

TEST_CASE("bucketize counts the boundaries that are not above a number") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    Random random(7);
    for (const int64_t count : {0, 1, 2, 63, 64, 65, 500}) {
      std::vector<T> boundaries = random.list<T>(count), x = random.list<T>(160), y(160);
      std::sort(boundaries.begin(), boundaries.end());
      for (size_t i = 0; i < boundaries.size() && i < 40; ++i) x[i] = boundaries[i];
      x[50] = std::numeric_limits<T>::quiet_NaN(), x[51] = std::numeric_limits<T>::infinity(), x[52] = -x[51];
      kernels.bucketize({x.data(), y.data(), 160, boundaries.data(), count});
      int64_t wrong = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const auto above = std::upper_bound(boundaries.begin(), boundaries.end(), x[i]);
        const auto expected = std::isnan(x[i]) ? count : above - boundaries.begin();
        wrong += y[i] != static_cast<T>(expected);
      }
      CHECK(wrong == 0);
    }
  });
}

TEST_CASE("encode sets and counts numbers in their groups and leaves others out") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    Random random(8);
    const int64_t rows = 4, last = 6, outer = 3, cols = 17;
    Rows<T> x(rows * outer, last, random, -3.0, 20.0);  // a row is 3 runs of 6
    x.set_padding(T(2));
    x.at(0, 0) = std::numeric_limits<T>::quiet_NaN(), x.at(0, 1) = std::numeric_limits<T>::infinity();
    for (const int64_t groups : {int64_t{1}, int64_t{6}, last * outer}) {
      for (const bool counts : {false, true}) {
        Rows<T> y(rows * groups, cols), expected(rows * groups, cols);
        y.data.assign(y.data.size(), T(9));
        kernels.encode({x.data.data(), y.data.data(), last, x.ld, outer * x.ld, rows, last * outer, groups, cols, y.ld,
                        false, counts});
        x.for_each([&](int64_t run, int64_t col, T& value) {
          if (!(value > -1 && value < cols)) return;
          const int64_t element = run % outer * last + col;
          T& to = expected.at(run / outer * groups + element % groups, static_cast<int64_t>(value));
          to = counts ? to + T(1) : T(1);
        });
        CHECK(same_bits(y.data, expected.data));
      }
    }
  });
}

TEST_CASE("row numbers keep all integers of 32 bits, and see other numbers as the model does") {
  CHECK(row_index<float>(int64_t{16777217}) == 16777217);
  CHECK(row_index<float>(uint64_t{1} << 40) == std::numeric_limits<int32_t>::min());
  CHECK(row_index<float>(2.9999999999) == 3);
  CHECK(row_index<double>(2.9999999999) == 2);
  CHECK(row_index<float>(-0.5) == 0);
  CHECK(row_index<float>(Half{0x4248}) == 3);  // 3.140625
  CHECK(row_index<float>(std::nan("")) == std::numeric_limits<int32_t>::min());
}

}  // namespace bardana::test
