// Kernels of normalizing layers: against plain loops in long double, the same bits on every ISA with fma and any cut,
// nothing written outside of the rows.
#include "common/threads.h"
#include "cpu/share.h"
#include "support.h"

namespace bardana::test {
namespace {

using cpu::BatchNormArgs;

const std::vector<int64_t> kRows = {1, 2, 31, 32, 33, 100}, kCols = {1, 7, 16, 17, 48, 63, 64, 65, 97, 200};

/// A batch normalization with all its tensors.
template <class T>
struct Case {
  Rows<T> x, dy, y, dx;
  std::vector<T> gamma, beta, mean, variance, dgamma, dbeta;
  BatchNormArgs<T> args;

  Case(int64_t rows, int64_t cols, bool batch, Random& random)
      : x(rows, cols, random, 1.0, 2.0), dy(rows, cols, random), y(rows, cols), dx(rows, cols) {
    for (auto* list : {&gamma, &beta, &mean, &variance, &dgamma, &dbeta}) list->resize(static_cast<size_t>(x.ld));
    for (size_t c = 0; c < static_cast<size_t>(cols); ++c) {
      gamma[c] = static_cast<T>(random.uniform(0.5, 2.0)), beta[c] = static_cast<T>(random.uniform(-1.0, 1.0));
      if (!batch) mean[c] = static_cast<T>(1.5), variance[c] = static_cast<T>(random.uniform(0.1, 1.0));
    }
    args = {.x = x.data.data(),
            .dy = dy.data.data(),
            .gamma = gamma.data(),
            .beta = beta.data(),
            .mean = mean.data(),
            .variance = variance.data(),
            .dgamma = dgamma.data(),
            .dbeta = dbeta.data(),
            .ld = x.ld,
            .rows = rows,
            .cols = cols,
            .end = x.ld,
            .epsilon = 0.01,
            .batch = batch};
  }

  void run(const cpu::Kernels<T>& kernels, int threads = 1) {
    for (int rank = 0; rank < threads; ++rank) {
      const cpu::Range columns = cpu::cut(x.ld, kPad, {rank, threads});
      args.first = columns.begin, args.end = columns.end;
      args.y = y.data.data();
      kernels.batch_norm(args);
      args.y = dx.data.data();
      kernels.batch_norm_backward(args);
    }
  }
  std::vector<T> results() const {
    std::vector<T> all;
    for (const auto* list : {&y.data, &dx.data, &mean, &variance, &dgamma, &dbeta})
      all.insert(all.end(), list->begin(), list->end());
    return all;
  }
};

template <class T>
void check_column(const Case<T>& c, int64_t col) {
  using Wide = long double;
  const auto n = static_cast<Wide>(c.x.rows);
  const auto at = static_cast<size_t>(col);
  Wide mean = c.mean[at], variance = c.variance[at];
  if (c.args.batch) {
    mean = variance = 0;
    for (int64_t row = 0; row < c.x.rows; ++row) mean += c.x.at(row, col) / n;
    for (int64_t row = 0; row < c.x.rows; ++row) variance += (c.x.at(row, col) - mean) * (c.x.at(row, col) - mean) / n;
  }
  const Wide inverse = 1 / std::sqrt(variance + Wide(0.01));
  Wide sum = 0, dot = 0;
  for (int64_t row = 0; row < c.x.rows; ++row) {
    sum += c.dy.at(row, col);
    dot += c.dy.at(row, col) * (c.x.at(row, col) - mean) * inverse;
  }
  // x is at most 2, so mean and x − mean are wrong by 2 · 2 u, and 1 / √ multiplies by at most 10; sums over n rows of
  // such numbers lose some u each of partial sums that may exceed the result.
  const Wide u = std::numeric_limits<T>::epsilon() / 2, output = 200 * u;
  CHECK(std::fabs(c.mean[at] - mean) <= 8 * u);
  CHECK(std::fabs(c.variance[at] - variance) <= 8 * u);
  CHECK(std::fabs(c.dbeta[at] - sum) <= 4 * (n + 4) * u);
  CHECK(std::fabs(c.dgamma[at] - dot) <= (n + 4) * output);
  for (int64_t row = 0; row < c.x.rows; ++row) {
    const Wide normal = (c.x.at(row, col) - mean) * inverse, dy = c.dy.at(row, col);
    const Wide dx = c.args.batch ? dy - sum / n - normal * dot / n : dy;
    CHECK(std::fabs(c.y.at(row, col) - (normal * c.gamma[at] + c.beta[at])) <= output);
    CHECK(std::fabs(c.dx.at(row, col) - dx * inverse * c.gamma[at]) <= 20 * output);
  }
}

}  // namespace

TEST_CASE("batch normalization agrees with plain loops, in training and outside") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    Random random(3);
    for (const int64_t rows : kRows) {
      for (const int64_t cols : kCols) {
        CAPTURE(rows);
        CAPTURE(cols);
        for (const bool batch : {true, false}) {
          Case<T> c(rows, cols, batch, random);
          c.run(kernels);
          for (int64_t col = 0; col < cols; ++col) check_column(c, col);
          CHECK(c.dx.padding_is_zero());
          CHECK(c.y.padding_is_zero());
        }
      }
    }
  });
}

TEST_CASE("batch normalization: the same bits for any cut and on AVX2 and AVX-512") {
  for_avx2_and_avx512([]<class T>(const cpu::Kernels<T>& narrow, const cpu::Kernels<T>& wide) {
    for (const int64_t rows : kRows) {
      for (const int64_t cols : kCols) {
        const auto results = [&](const cpu::Kernels<T>& kernels, int threads) {
          Random random(5);
          Case<T> c(rows, cols, true, random);
          c.run(kernels, threads);
          return c.results();
        };
        const std::vector<T> expected = results(wide, 1);
        CHECK(same_bits(results(narrow, 1), expected));
        for (const int threads : {2, 3, 5}) CHECK(same_bits(results(wide, threads), expected));
      }
    }
  });
}

TEST_CASE("batch normalization without γ, β and dx, and folded into a step of gradient descent") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    Random random(7);
    Case<T> c(9, 20, true, random);
    c.run(kernels);
    std::vector<T> gamma = c.gamma, beta = c.beta;
    c.args.y = nullptr;
    c.args.fold = true, c.args.learning_rate = 0.25;
    c.args.dgamma = c.gamma.data(), c.args.dbeta = c.beta.data();
    c.args.first = 0, c.args.end = c.x.ld;
    kernels.batch_norm_backward(c.args);
    for (size_t i = 0; i < 20; ++i) {
      CHECK(c.gamma[i] == doctest::Approx(gamma[i] - c.dgamma[i] / 4).epsilon(1e-6));
      CHECK(c.beta[i] == doctest::Approx(beta[i] - c.dbeta[i] / 4).epsilon(1e-6));
    }
    c.args.gamma = c.args.beta = nullptr;
    c.args.dgamma = c.args.dbeta = nullptr;
    c.args.y = c.y.data.data();
    kernels.batch_norm(c.args);
    double sum = 0.0;
    for (int64_t row = 0; row < 9; ++row) sum += c.y.at(row, 3);
    CHECK(sum == doctest::Approx(0.0).scale(1.0).epsilon(1e-5));
  });
}

TEST_CASE("a moving average") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    Random random(9);
    std::vector<T> v = random.list<T>(48), x = random.list<T>(48);
    const std::vector<T> before = v;
    kernels.moving_average({v.data(), x.data(), 48, 0.75});
    for (size_t i = 0; i < 48; ++i) CHECK(v[i] == doctest::Approx(0.75 * before[i] + 0.25 * x[i]).epsilon(1e-6));
  });
}

namespace {

/// A normalization by rows with all its tensors.
template <class T>
struct RowCase {
  Rows<T> x, dy, y, dx;
  std::vector<T> gamma, beta, mean, inverse, dgamma, dbeta;
  cpu::RowNormArgs<T> args;

  RowCase(int64_t rows, int64_t cols, bool center, bool unit, Random& random)
      : x(rows, cols, random, 0.5, 2.0), dy(rows, cols, random), y(rows, cols), dx(rows, cols) {
    for (auto* list : {&gamma, &beta, &dgamma, &dbeta}) list->resize(static_cast<size_t>(x.ld));
    mean.resize(static_cast<size_t>(rows)), inverse.resize(static_cast<size_t>(rows));
    for (size_t c = 0; c < static_cast<size_t>(cols); ++c) {
      gamma[c] = static_cast<T>(random.uniform(0.5, 2.0)), beta[c] = static_cast<T>(random.uniform(-1.0, 1.0));
    }
    args = {.x = x.data.data(),
            .dy = dy.data.data(),
            .gamma = gamma.data(),
            .beta = beta.data(),
            .mean = center ? mean.data() : nullptr,
            .inverse = inverse.data(),
            .dgamma = dgamma.data(),
            .dbeta = dbeta.data(),
            .ld = x.ld,
            .rows = rows,
            .cols = cols,
            .end = x.ld,
            .epsilon = unit ? 1e-12 : 0.01,
            .unit = unit};
  }

  std::vector<T> run(const cpu::Kernels<T>& kernels) {
    args.y = y.data.data();
    kernels.row_norm(args);
    args.y = dx.data.data();
    kernels.row_norm_backward(args);
    kernels.row_norm_sums(args);
    std::vector<T> all;
    for (const auto* list : {&y.data, &dx.data, &mean, &inverse, &dgamma, &dbeta})
      all.insert(all.end(), list->begin(), list->end());
    return all;
  }
};

template <class T>
void check_row(const RowCase<T>& c, int64_t row) {
  using Wide = long double;
  const auto n = static_cast<Wide>(c.x.cols), count = c.args.unit ? Wide(1) : n;
  Wide mean = 0, square = 0, shift = 0, slope = 0;
  for (int64_t i = 0; i < c.x.cols && c.args.mean != nullptr; ++i) mean += c.x.at(row, i) / n;
  for (int64_t i = 0; i < c.x.cols; ++i) square += (c.x.at(row, i) - mean) * (c.x.at(row, i) - mean) / count;
  const Wide inverse = 1 / std::sqrt(square + (c.args.unit ? Wide(0) : Wide(0.01)));
  const auto normal = [&](int64_t i) { return (c.x.at(row, i) - mean) * inverse; };
  const auto g = [&](int64_t i) { return c.dy.at(row, i) * Wide(c.gamma[static_cast<size_t>(i)]); };
  for (int64_t i = 0; i < c.x.cols; ++i)
    shift += c.args.mean != nullptr ? g(i) / n : 0, slope += g(i) * normal(i) / count;
  // x is at most 2, 1 / √ at most 10; sums over n numbers in 16 or 8 lanes lose n / 8 roundings at most.
  const Wide u = std::numeric_limits<T>::epsilon() / 2, tolerance = 400 * (1 + n / 64) * u;
  for (int64_t i = 0; i < c.x.cols; ++i) {
    const auto at = static_cast<size_t>(i);
    CHECK(std::fabs(c.y.at(row, i) - (normal(i) * c.gamma[at] + c.beta[at])) <= tolerance);
    CHECK(std::fabs(c.dx.at(row, i) - inverse * (g(i) - shift - normal(i) * slope)) <= 20 * tolerance);
  }
}

}  // namespace

TEST_CASE("normalization by rows agrees with plain loops, and AVX2 with AVX-512 to the bit") {
  for (const auto& [center, unit] : std::vector<std::pair<bool, bool>>{{true, false}, {false, false}, {false, true}}) {
    for (const int64_t rows : {1, 5, 33}) {
      for (const int64_t cols : kCols) {
        CAPTURE(rows);
        CAPTURE(cols);
        CAPTURE(center);
        CAPTURE(unit);
        for_each_kernels([&, center = center, unit = unit]<class T>(const cpu::Kernels<T>& kernels) {
          Random random(11);
          RowCase<T> c(rows, cols, center, unit, random);
          c.x.set_padding(T(7));
          c.run(kernels);
          for (int64_t row = 0; row < rows; ++row) check_row(c, row);
          CHECK(c.y.padding_is_zero());
          CHECK(c.dx.padding_is_zero());
          for (int64_t i = 0; i < cols; ++i) {
            long double sum = 0, dot = 0;
            for (int64_t row = 0; row < rows; ++row) {
              const auto at = static_cast<size_t>(row);
              sum += c.dy.at(row, i);
              dot += c.dy.at(row, i) * (c.x.at(row, i) - (center ? c.mean[at] : T(0))) * c.inverse[at];
            }
            const long double u = std::numeric_limits<T>::epsilon() / 2, n = static_cast<long double>(rows);
            CHECK(std::fabs(c.dbeta[static_cast<size_t>(i)] - sum) <= 4 * (n + 4) * u);
            CHECK(std::fabs(c.dgamma[static_cast<size_t>(i)] - dot) <= 80 * (n + 4) * u);
          }
        });
        for_avx2_and_avx512(
            [&, center = center, unit = unit]<class T>(const cpu::Kernels<T>& narrow, const cpu::Kernels<T>& wide) {
              Random one(13), other(13);
              RowCase<T> a(rows, cols, center, unit, one), b(rows, cols, center, unit, other);
              CHECK(same_bits(a.run(narrow), b.run(wide)));
            });
      }
    }
  }
}

TEST_CASE("rows of zeros have unit length 0 and a finite gradient") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    Random random(17);
    RowCase<T> c(2, 5, false, true, random);
    for (T& value : c.x.data) value = 0;
    c.args.gamma = c.args.beta = nullptr;
    c.run(kernels);
    for (int64_t i = 0; i < 5; ++i) {
      CHECK(c.y.at(0, i) == T(0));
      CHECK(c.dx.at(0, i) == c.dy.at(0, i) * static_cast<T>(1e12));
    }
  });
}

}  // namespace bardana::test
