// The kernels of a Dense layer against a naive double reference, on every ISA and for float and double.
//
// Tolerance. A chain of k fused or unfused multiply-adds and one added bias errs by at most (k + 2) u (Σ|x w| + |b|)
// with u = eps / 2 (Higham 2002, section 3.1, second order left out); the double reference errs as much against double
// kernels, and much less against float ones. Both together: (k + 2) eps (Σ|x w| + |b|).
#include <array>

#include "cpu/share.h"
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
  std::vector<const T*> rows;
  std::vector<T> stored, b, scratch;
  Rows<T> y, z;

  AffineCase(int64_t m, int64_t k, int64_t n, Random& random)
      : x(m, k, random),
        w(k, n, random),
        rows(x.pointers()),
        stored(panels(w)),
        b(static_cast<size_t>(padded(n))),
        scratch(static_cast<size_t>(cpu::affine_scratch(k))),
        y(m, n),
        z(m, n) {
    x.set_padding(std::numeric_limits<T>::quiet_NaN());
    for (int64_t i = 0; i < n; ++i) b[static_cast<size_t>(i)] = static_cast<T>(random.uniform(-1, 1));
  }
  cpu::AffineArgs<T> args() {
    return {.x = rows.data(),
            .w = stored.data(),
            .b = b.data(),
            .z = z.data.data(),
            .y = y.data.data(),
            .ldy = y.ld,
            .m = x.rows,
            .k = x.cols,
            .n = w.cols,
            .end = y.ld,
            .narrow = cpu::is_narrow(x.cols, w.cols),
            .scratch = scratch.data()};
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

/// One call of back_weights, whole or in shares.
template <class T>
struct BackWeightsCase {
  Rows<T> x, dy;
  std::vector<const T*> rows;
  std::vector<T> scratch, dw, db;

  BackWeightsCase(int64_t m, int64_t k, int64_t n, Random& random)
      : x(m, k, random),
        dy(m, n, random),
        rows(x.pointers()),
        scratch(static_cast<size_t>(cpu::back_weights_scratch(m, n))),
        dw(static_cast<size_t>(panels_size(k, n)), T(7)),
        db(static_cast<size_t>(padded(n)), T(7)) {
    x.set_padding(std::numeric_limits<T>::quiet_NaN());
  }
  cpu::BackWeightsArgs<T> args(Share share = {}) {
    const cpu::Range stored = cpu::cut_panels(x.cols, dy.cols, share), bias = cpu::cut(dy.ld, kPad, share);
    return {.x = rows.data(),
            .dy = dy.data.data(),
            .ldy = dy.ld,
            .dw = dw.data(),
            .db = db.data(),
            .m = x.rows,
            .k = x.cols,
            .n = dy.cols,
            .begin = stored.begin,
            .end = stored.end,
            .first = bias.begin,
            .last = bias.end,
            .narrow = cpu::is_narrow(x.cols, dy.cols),
            .scratch = scratch.data()};
  }
};

/// Folded, the kernel takes the step w − η dw itself, with the bits of the separate update.
template <class T>
void check_folded_step(const cpu::Kernels<T>& kernels, BackWeightsCase<T> c) {
  const auto stepped = [&](const std::vector<T>& gradient, T start) {
    std::vector<T> w(gradient.size(), start);
    kernels.update[find_optimizer("sgd")](
        {w.data(), gradient.data(), {}, static_cast<int64_t>(w.size()), {0.25}, nullptr});
    return w;
  };
  const std::vector<T> w = stepped(c.dw, T(0)), b = stepped(c.db, T(-0.3));  // 0 in the padding, as in a model
  c.dw.assign(c.dw.size(), T(0));
  c.db.assign(c.db.size(), T(-0.3));
  cpu::BackWeightsArgs<T> args = c.args();
  args.fold = true;
  args.learning_rate = 0.25;
  kernels.back_weights(args);
  REQUIRE(same_bits(c.dw, w));
  REQUIRE(same_bits(c.db, b));
}

template <class T>
void check_back_weights(const cpu::Kernels<T>& kernels, int64_t m, int64_t k, int64_t n) {
  CAPTURE(m);
  CAPTURE(k);
  CAPTURE(n);
  Random random(static_cast<uint64_t>(m * 10000 + k * 100 + n));
  BackWeightsCase<T> c(m, k, n, random);
  kernels.back_weights(c.args());
  check_folded_step(kernels, c);
  auto& [x, dy, rows, scratch, dw, db] = c;
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
  const std::vector<T> stored = panels(w);
  for (int64_t first = 0; first < padded(k); first += kPad) {
    for (int64_t width = kPad; width <= std::min<int64_t>(kPanel, padded(k) - first); width += kPad) {
      std::vector<T> wt(static_cast<size_t>(padded(n) * width), T(7));
      kernels.transpose({.w = stored.data(), .wt = wt.data(), .k = k, .n = n, .first = first, .width = width});
      size_t wrong = 0;
      for (int64_t row = 0; row < n; ++row) {
        for (int64_t i = 0; i < width; ++i) {
          const T expected = first + i < k ? w.at(first + i, row) : T(0);
          wrong += wt[static_cast<size_t>(row * width + i)] != expected;
        }
      }
      REQUIRE(wrong == 0);
    }
  }
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
    check_affine(kernels, 8, 1025, 49);  // inputs in blocks
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
    for (const int64_t k : {64, 101}) check_back_weights(kernels, 67, k, 817);  // packed, more than a group of panels
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
          args.x += row;
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

TEST_CASE("shares of any size give the bits of the whole") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    for (const auto& [m, k, n] :
         {std::array<int64_t, 3>{9, 61, 97}, {70, 130, 48}, {66, 75, 913}, {5, 40, 1}, {3, 2, 200}}) {
      CAPTURE(n);
      Random random(static_cast<uint64_t>(n));
      AffineCase<T> forward(m, k, n, random);
      BackWeightsCase<T> backward(m, k, n, random);
      kernels.affine(forward.args());
      kernels.back_weights(backward.args());
      const std::vector<T> y = forward.y.data, dw = backward.dw, db = backward.db;
      for (const int size : {2, 3, 5, 16}) {
        forward.y.data.assign(y.size(), T(7));
        backward.dw.assign(dw.size(), T(7)), backward.db.assign(db.size(), T(7));
        for (int rank = 0; rank < size; ++rank) {
          kernels.back_weights(backward.args({rank, size}));
          cpu::AffineArgs<T> args = forward.args();
          const cpu::Range columns = cpu::cut(args.end, kPad, {rank, size});
          args.first = columns.begin, args.end = columns.end;
          if (!args.narrow || rank == 0) kernels.affine(args);
        }
        CAPTURE(size);
        CHECK(same_bits(forward.y.data, y));
        CHECK(same_bits(backward.dw, dw));
        CHECK(same_bits(backward.db, db));
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
        Random again(static_cast<uint64_t>(n));
        BackWeightsCase<T> b(m, k, n, again);
        kernels.back_weights(b.args());
        b.dw.insert(b.dw.end(), b.db.begin(), b.db.end());
        return b.dw;
      };
      REQUIRE(same_bits(back(avx2), back(avx512)));
    });
  });
}

}  // namespace bardana::test
