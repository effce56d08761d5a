// The kernels of a Dense layer against a naive double reference, on every ISA and for float and double.
//
// Tolerance. A chain of k fused or unfused multiply-adds and one added bias errs by at most (k + 2) u (Σ|x w| + |b|)
// with u = eps / 2 (Higham 2002, section 3.1, second order left out); the double reference errs as much against double
// kernels, and much less against float ones. Both together: (k + 2) eps (Σ|x w| + |b|).
#include "plan/registry.h"
#include "support.h"

namespace bardana::test {
namespace {

const std::vector<int64_t> kRows = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 17, 29};  // tiles have 3, 6 or 8 rows
const std::vector<int64_t> kColumns = {1, 15, 16, 17, 47, 48, 49, 96, 97};
const std::vector<int64_t> kSums = {1, 2, 13, 48, 61};

template <class T>
constexpr double kEps = std::numeric_limits<T>::epsilon();

/// How far a result is out of its tolerance: at most 1 when right.
double excess(double result, double exact, double tolerance) {
  const double error = std::fabs(result - exact);
  return error <= tolerance ? 0.0 : error / tolerance;
}

/// Inputs and outputs of one affine call; NaN in the padding of x, which must not be read.
template <class T>
struct AffineCase {
  Rows<T> x, w;
  std::vector<T> stored, b;
  Rows<T> y, z;

  AffineCase(int64_t m, int64_t k, int64_t n, Random& random)
      : x(m, k, random), w(k, n, random), stored(panels(w)), b(static_cast<size_t>(padded(n))), y(m, n), z(m, n) {
    x.set_padding(std::numeric_limits<T>::quiet_NaN());
    for (int64_t i = 0; i < n; ++i) b[static_cast<size_t>(i)] = static_cast<T>(random.uniform(-1, 1));
  }
  cpu::AffineArgs<T> args() {
    return {.x = x.data.data(),
            .ldx = x.ld,
            .w = stored.data(),
            .b = b.data(),
            .z = z.data.data(),
            .y = y.data.data(),
            .ldy = y.ld,
            .m = x.rows,
            .k = x.cols,
            .n = w.cols,
            .relu = false,
            .activate = nullptr,
            .parameters = nullptr};
  }
  double worst_excess() {
    double worst = 0.0;
    y.for_each([&](int64_t row, int64_t col, T& value) {
      double sum = b[static_cast<size_t>(col)], size = std::fabs(sum);
      for (int64_t i = 0; i < x.cols; ++i) {
        const double product = static_cast<double>(x.at(row, i)) * static_cast<double>(w.at(i, col));
        sum += product;
        size += std::fabs(product);
      }
      worst = std::max(worst, excess(value, sum, static_cast<double>(x.cols + 2) * kEps<T> * size));
    });
    return worst;
  }
};

template <class T>
void check_affine(const cpu::Kernels<T>& kernels, int64_t m, int64_t k, int64_t n) {
  CAPTURE(m);
  CAPTURE(k);
  CAPTURE(n);
  Random random(static_cast<uint64_t>(m * 10000 + k * 100 + n));
  AffineCase<T> c(m, k, n, random);
  kernels.affine(c.args());
  REQUIRE(c.worst_excess() == 0.0);
  REQUIRE(c.y.padding_is_zero());
  REQUIRE(same_bits(c.y.data, c.z.data));
  cpu::AffineArgs<T> args = c.args();
  args.relu = true;
  kernels.affine(args);
  bool relu = true;
  c.y.for_each([&](int64_t row, int64_t col, T& value) { relu &= value == std::max(c.z.at(row, col), T(0)); });
  REQUIRE(relu);
  args = c.args();
  args.activate = kernels.activate[find_activation("tanh")];
  kernels.affine(args);
  const std::vector<T> fused = c.y.data;
  args.activate({c.z.data.data(), nullptr, c.y.data.data(), m * c.y.ld, nullptr});
  REQUIRE(same_bits(fused, c.y.data));
}

/// Folded, the kernel takes the step w − η dw itself, with the bits of the separate update.
template <class T>
void check_folded_step(const cpu::Kernels<T>& kernels, cpu::BackWeightsArgs<T> args, const std::vector<T>& dw,
                       const std::vector<T>& db) {
  std::vector<T> w(dw.size(), T(0.7)), b(db.size(), T(-0.3));
  args.dw = w.data();
  args.db = b.data();
  kernels.back_weights(args);
  const T rate = static_cast<T>(args.learning_rate);
  size_t wrong = 0;
  for (size_t i = 0; i < w.size(); ++i) wrong += w[i] != T(0.7) - rate * dw[i];
  for (size_t i = 0; i < b.size(); ++i) wrong += b[i] != T(-0.3) - rate * db[i];
  REQUIRE(wrong == 0);
}

template <class T>
void check_back_weights(const cpu::Kernels<T>& kernels, int64_t m, int64_t k, int64_t n) {
  CAPTURE(m);
  CAPTURE(k);
  CAPTURE(n);
  Random random(static_cast<uint64_t>(m * 10000 + k * 100 + n));
  Rows<T> x(m, k, random);
  const Rows<T> dy(m, n, random);
  x.set_padding(std::numeric_limits<T>::quiet_NaN());
  std::vector<T> dw(static_cast<size_t>(panels_size(k, n)), T(7)), db(static_cast<size_t>(padded(n)), T(7));
  kernels.back_weights({x.data.data(), x.ld, dy.data.data(), dy.ld, dw.data(), db.data(), m, k, n, false, 0.0});
  check_folded_step(kernels, {x.data.data(), x.ld, dy.data.data(), dy.ld, nullptr, nullptr, m, k, n, true, 0.25}, dw,
                    db);
  double worst = 0.0;
  for (int64_t col = 0; col < n; ++col) {
    double bias = 0.0, bias_size = 0.0;
    for (int64_t row = 0; row < m; ++row) {
      bias += static_cast<double>(dy.at(row, col));
      bias_size += std::fabs(static_cast<double>(dy.at(row, col)));
    }
    worst = std::max(worst, excess(db[static_cast<size_t>(col)], bias, static_cast<double>(m) * kEps<T> * bias_size));
    for (int64_t i = 0; i < k; ++i) {
      double sum = 0.0, size = 0.0;
      for (int64_t row = 0; row < m; ++row) {
        const double product = static_cast<double>(x.at(row, i)) * static_cast<double>(dy.at(row, col));
        sum += product;
        size += std::fabs(product);
      }
      T& value = dw[static_cast<size_t>(panel_offset(k, n, i, col))];
      worst = std::max(worst, excess(value, sum, static_cast<double>(m + 2) * kEps<T> * size));
      value = T(0);
    }
    db[static_cast<size_t>(col)] = T(0);
  }
  REQUIRE(worst == 0.0);
  REQUIRE(dw == std::vector<T>(dw.size()));  // what is left is padding
  REQUIRE(db == std::vector<T>(db.size()));
}

template <class T>
void check_transpose(const cpu::Kernels<T>& kernels, int64_t k, int64_t n) {
  CAPTURE(k);
  CAPTURE(n);
  Random random(static_cast<uint64_t>(k * 100 + n));
  const Rows<T> w(k, n, random);
  Rows<T> turned(n, k);
  turned.for_each([&](int64_t row, int64_t col, T& value) { value = w.at(col, row); });
  const std::vector<T> stored = panels(w);
  std::vector<T> wt(static_cast<size_t>(panels_size(n, k)), T(7));
  kernels.transpose({stored.data(), wt.data(), k, n});
  REQUIRE(same_bits(wt, panels(turned)));
}

template <class Visit>
void for_each_size(Visit visit) {
  for (const int64_t m : kRows)
    for (const int64_t k : kSums)
      for (const int64_t n : kColumns) visit(m, k, n);
}

}  // namespace

TEST_CASE("affine: y = x w + b, then relu in registers or any formula over the finished rows") {
  for_each_kernels([](const auto& kernels) {
    for_each_size([&](int64_t m, int64_t k, int64_t n) { check_affine(kernels, m, k, n); });
  });
}

TEST_CASE("affine without bias, and without examples") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    Random random(1);
    AffineCase<T> c(3, 5, 17, random);
    c.b.assign(c.b.size(), T(0));
    kernels.affine(c.args());
    const std::vector<T> with_zeros = c.y.data;
    cpu::AffineArgs<T> args = c.args();
    args.b = nullptr;
    kernels.affine(args);
    CHECK(same_bits(with_zeros, c.y.data));
    args.m = 0;
    kernels.affine(args);
    CHECK(same_bits(with_zeros, c.y.data));
  });
}

TEST_CASE("back_weights: dw = xᵀ dy, db = Σ dy, zero padding") {
  for_each_kernels([](const auto& kernels) {
    for_each_size([&](int64_t m, int64_t k, int64_t n) { check_back_weights(kernels, k, m, n); });
  });
}

TEST_CASE("transpose: wt = wᵀ with zero padding") {
  for_each_kernels([](const auto& kernels) {
    for (const int64_t k : kColumns)
      for (const int64_t n : {1, 2, 13, 16, 47, 48, 49, 61, 97}) check_transpose(kernels, k, n);
  });
}

TEST_CASE("a row's result does not depend on the rows computed with it") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    for (const int64_t n : kColumns) {
      Random random(static_cast<uint64_t>(n));
      AffineCase<T> c(29, 61, n, random);
      kernels.affine(c.args());
      const std::vector<T> together = c.y.data;
      for (const int64_t group : {1, 2, 5, 7, 8}) {
        CAPTURE(n);
        CAPTURE(group);
        c.y.data.assign(c.y.data.size(), T(7));
        for (int64_t row = 0; row < 29; row += group) {
          cpu::AffineArgs<T> args = c.args();
          args.x += row * args.ldx;
          args.y += row * args.ldy;
          args.z += row * args.ldy;
          args.m = std::min(group, 29 - row);
          kernels.affine(args);
        }
        CHECK(same_bits(together, c.y.data));
      }
    }
  });
}

TEST_CASE("avx2 and avx512 give the same bits") {
  for_avx2_and_avx512([]<class T>(const cpu::Kernels<T>& avx2, const cpu::Kernels<T>& avx512) {
    for_each_size([&](int64_t m, int64_t k, int64_t n) {
      CAPTURE(m);
      CAPTURE(k);
      CAPTURE(n);
      Random random(static_cast<uint64_t>(m * 10000 + k * 100 + n));
      AffineCase<T> c(m, k, n, random);
      avx2.affine(c.args());
      const std::vector<T> y = c.y.data;
      avx512.affine(c.args());
      REQUIRE(same_bits(y, c.y.data));
      const auto back = [&](const cpu::Kernels<T>& kernels) {
        std::vector<T> d(static_cast<size_t>(panels_size(k, n) + padded(n)));
        T* const db = d.data() + panels_size(k, n);
        kernels.back_weights({c.x.data.data(), c.x.ld, c.y.data.data(), c.y.ld, d.data(), db, m, k, n, false, 0.0});
        return d;
      };
      REQUIRE(same_bits(back(avx2), back(avx512)));
    });
  });
}

}  // namespace bardana::test
