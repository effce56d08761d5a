// Kernels over the rows of a matrix: softmax, losses, metrics. Columns beyond the last one are masked: whatever stands
// in the padding of the inputs changes no bit of the results, and the padding of results is zero.
#include <algorithm>
#include <functional>
#include <map>

#include "plan/registry.h"
#include "support.h"

namespace bardana::test {
namespace {

const std::vector<int64_t> kColumns = {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 48, 97};
constexpr int64_t kRows = 5;

/// Garbage that padding may hold.
template <class T>
std::vector<T> garbage() {
  return {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity(), T(-1e30), T(1e30), T(0)};
}

// One row of a loss in double: f(targets, predictions). Class numbers come as a one-hot row.
using Row = std::vector<double>;
using Twin = std::function<double(const Row& t, const Row& y)>;

Twin mean_of(std::function<double(double t, double y)> f) {
  return [f](const Row& t, const Row& y) {
    double sum = 0.0;
    for (size_t i = 0; i < y.size(); ++i) sum += f(t[i], y[i]);
    return sum / static_cast<double>(y.size());
  };
}

double from_logits(const Row& t, const Row& z) {
  const double top = *std::max_element(z.begin(), z.end());
  double sum = 0.0, value = 0.0;
  for (const double v : z) sum += std::exp(v - top);
  for (size_t i = 0; i < z.size(); ++i) value += t[i] * (std::log(sum) - (z[i] - top));
  return value;
}

/// −Σ t log q with q = y / Σ y, clipped to [1e−7, 1 − 1e−7]: a single class is clipped.
double from_probabilities(const Row& t, const Row& y) {
  double sum = 0.0, value = 0.0;
  for (const double v : y) sum += v;
  for (size_t i = 0; i < y.size(); ++i) value -= t[i] * std::log(std::clamp(y[i] / sum, 1e-7, 1 - 1e-7));
  return value;
}

/// −log(y[label] / Σ y): clipping comes before the division and does nothing to the test's predictions.
double from_label_probabilities(const Row& t, const Row& y) {
  double sum = 0.0, value = 0.0;
  for (const double v : y) sum += v;
  for (size_t i = 0; i < y.size(); ++i) value -= t[i] * std::log(y[i] / sum);
  return value;
}

double same_largest(const Row& t, const Row& y) {
  return std::max_element(t.begin(), t.end()) - t.begin() == std::max_element(y.begin(), y.end()) - y.begin();
}

double squared_log_error(double t, double y) {
  const double d = std::log1p(y) - std::log1p(t);
  return d * d;
}

double cosine(const Row& t, const Row& y) {
  double dot = 0.0, tt = 0.0, yy = 0.0;
  for (size_t i = 0; i < y.size(); ++i) dot += t[i] * y[i], tt += t[i] * t[i], yy += y[i] * y[i];
  return -dot / std::sqrt(tt * yy);
}

double hinge_of_classes(const Row& t, const Row& y) {
  double hit = 0.0, top = -1e30;
  for (size_t i = 0; i < y.size(); ++i) hit += t[i] * y[i], top = std::max(top, (1 - t[i]) * y[i]);
  return std::max(top - hit + 1, 0.0);
}

double focal_of_classes(const Row& t, const Row& y) {
  double sum = 0.0, value = 0.0;
  for (const double v : y) sum += v;
  for (size_t i = 0; i < y.size(); ++i) {
    const double q = std::clamp(y[i] / sum, 1e-7, 1 - 1e-7);
    value -= 0.25 * t[i] * (1 - q) * (1 - q) * std::log(q);
  }
  return value;
}

double focal_of_class_logits(const Row& t, const Row& z) {
  Row y = z;
  for (double& v : y) v = std::exp(v);
  return focal_of_classes(t, y);
}

double focal(double t, double y) {
  const double miss = t * (1 - y) + (1 - t) * y;
  return miss * miss * (-t * std::log(y) - (1 - t) * std::log(1 - y));
}

struct Moments {
  double mean_t = 0.0, mean_y = 0.0, tt = 0.0, yy = 0.0, ty = 0.0;
  /// 0 / 0 for rows of one.
  double pearson() const { return ty / std::sqrt(tt * yy); }
  double concordance() const { return 2 * ty / (tt + yy + (mean_t - mean_y) * (mean_t - mean_y) + 1e-7); }
};

Moments moments(const Row& t, const Row& y) {
  Moments m;
  const auto n = static_cast<double>(y.size());
  for (size_t i = 0; i < y.size(); ++i) m.mean_t += t[i] / n, m.mean_y += y[i] / n;
  for (size_t i = 0; i < y.size(); ++i) {
    const double dt = t[i] - m.mean_t, dy = y[i] - m.mean_y;
    m.tt += dt * dt / n, m.yy += dy * dy / n, m.ty += dt * dy / n;
  }
  return m;
}

double in_top_five(const Row& t, const Row& y) {
  const double own = y[static_cast<size_t>(std::max_element(t.begin(), t.end()) - t.begin())];
  return std::count_if(y.begin(), y.end(), [own](double v) { return v > own; }) < 5;
}

/// The twin of every loss with its default parameters; a loss without a twin fails the suite.
const std::map<std::string, Twin>& twins() {
  static const std::map<std::string, Twin> map = {
      {"mean_squared_error", mean_of([](double t, double y) { return (t - y) * (t - y); })},
      {"mean_absolute_error", mean_of([](double t, double y) { return std::fabs(t - y); })},
      {"huber", mean_of([](double t, double y) {
         const double e = std::fabs(y - t);
         return e <= 1.0 ? 0.5 * e * e : e - 0.5;
       })},
      {"binary_crossentropy", mean_of([](double t, double y) { return -t * std::log(y) - (1 - t) * std::log(1 - y); })},
      {"binary_crossentropy_logits",
       mean_of([](double t, double z) { return std::max(z, 0.0) - t * z + std::log1p(std::exp(-std::fabs(z))); })},
      {"mean_absolute_percentage_error", mean_of([](double t, double y) { return 100 * std::fabs(t - y) / t; })},
      {"mean_squared_logarithmic_error", mean_of(squared_log_error)},
      {"log_cosh", mean_of([](double t, double y) { return std::log(std::cosh(y - t)); })},
      {"poisson", mean_of([](double t, double y) { return y - t * std::log(y + 1e-7); })},
      {"kl_divergence",
       [](const Row& t, const Row& y) {
         double sum = 0.0;
         for (size_t i = 0; i < y.size(); ++i) sum += t[i] * std::log(t[i] / y[i]);
         return sum;
       }},
      {"hinge", mean_of([](double t, double y) { return std::max(1 - t * y, 0.0); })},
      {"squared_hinge",
       mean_of([](double t, double y) { return std::max(1 - t * y, 0.0) * std::max(1 - t * y, 0.0); })},
      {"binary_focal_crossentropy", mean_of(focal)},
      {"binary_focal_crossentropy_logits",
       mean_of([](double t, double z) { return focal(t, 1 / (1 + std::exp(-z))); })},
      {"categorical_focal_crossentropy", focal_of_classes},
      {"categorical_focal_crossentropy_logits", focal_of_class_logits},
      {"categorical_hinge", hinge_of_classes},
      {"cosine_similarity", cosine},
      {"categorical_generalized_cross_entropy",
       [](const Row& t, const Row& y) {
         double p = 0.0;
         for (size_t i = 0; i < y.size(); ++i) p += t[i] * y[i];
         return (1 - std::sqrt(p)) / 0.5;
       }},
      {"pearson_correlation", [](const Row& t, const Row& y) { return moments(t, y).pearson(); }},
      {"concordance_correlation", [](const Row& t, const Row& y) { return moments(t, y).concordance(); }},
      {"top_k_categorical_accuracy", in_top_five},
      {"sparse_top_k_categorical_accuracy", in_top_five},
      {"accuracy", mean_of([](double t, double y) { return t == y; })},
      {"binary_accuracy", mean_of([](double t, double y) { return t == (y > 0.5); })},
      {"categorical_crossentropy", from_probabilities},
      {"categorical_crossentropy_logits", from_logits},
      {"sparse_categorical_crossentropy", from_label_probabilities},
      {"sparse_categorical_crossentropy_logits", from_logits},
      {"categorical_accuracy", same_largest},
      {"sparse_categorical_accuracy", same_largest},
  };
  return map;
}

/// Inputs and outputs of one loss call.
template <class T>
struct LossCase {
  int number;
  Rows<T> pred, target, dpred, probabilities;
  std::vector<int32_t> labels;
  std::vector<T> weight = {T(0.5), T(2), T(3), T(1), T(0)}, values = std::vector<T>(kRows);
  std::vector<double> parameters;

  LossCase(int loss, int64_t cols, Random& random)
      : number(loss),
        pred(kRows, cols, random, 0.05, 0.95),
        target(kRows, cols, random, 0.05, 0.95),
        dpred(kRows, cols),
        probabilities(kRows, cols),
        parameters(bind_parameters(info(), {})) {
    const bool binary = info().name.find("accuracy") != std::string::npos;
    if (binary) target.for_each([](int64_t, int64_t, T& t) { t = std::round(t); });
    for (int64_t row = 0; row < kRows; ++row) labels.push_back(static_cast<int32_t>(random.integer(0, cols - 1)));
  }
  const LossInfo& info() const { return losses()[static_cast<size_t>(number)]; }
  void run(const cpu::Kernels<T>& kernels) {
    dpred.data.assign(dpred.data.size(), T(7));
    kernels.loss[number]({.pred = pred.data.data(),
                          .target = info().labels ? nullptr : target.data.data(),
                          .labels = info().labels ? labels.data() : nullptr,
                          .ld = pred.ld,
                          .rows = kRows,
                          .cols = pred.cols,
                          .weight = weight.data(),
                          .scale = 0.25,
                          .values = values.data(),
                          .dpred = info().differentiable ? dpred.data.data() : nullptr,
                          .probabilities = probabilities.data.data(),
                          .parameters = parameters.data()});
  }
  Row target_row(int64_t row) const {
    Row t(static_cast<size_t>(pred.cols));
    for (size_t i = 0; i < t.size(); ++i) {
      t[i] = info().labels ? labels[static_cast<size_t>(row)] == static_cast<int32_t>(i)
                           : static_cast<double>(target.at(row, static_cast<int64_t>(i)));
    }
    return t;
  }
  Row pred_row(int64_t row) const {
    Row y(static_cast<size_t>(pred.cols));
    for (size_t i = 0; i < y.size(); ++i) y[i] = static_cast<double>(pred.at(row, static_cast<int64_t>(i)));
    return y;
  }
};

template <class Visit>
void for_each_loss(Visit visit) {
  for (size_t loss = 0; loss < losses().size(); ++loss) {
    for (const int64_t cols : kColumns) {
      CAPTURE(losses()[loss].name);
      CAPTURE(cols);
      visit(static_cast<int>(loss), cols);
    }
  }
}

/// Values: cols terms, each below 4 with a few roundings, and a tree of sums. Gradients: central differences of the
/// twin with h = 1e−5, which err by h² f‴ / 6 < 1e−6 for predictions above 0.05 (f‴ < 2 / 0.05³) and by 1e−16 / h.
template <class T>
void check_against_twin(const cpu::Kernels<T>& kernels, int loss, int64_t cols) {
  Random random(static_cast<uint64_t>(loss * 1000 + cols));
  LossCase<T> c(loss, cols, random);
  c.run(kernels);
  const Twin& twin = twins().at(c.info().name);
  const double eps = std::numeric_limits<T>::epsilon(), tolerance = static_cast<double>(cols + 16) * 4 * eps;
  constexpr double kStep = 1e-5;
  for (int64_t row = 0; row < kRows; ++row) {
    const Row t = c.target_row(row);
    Row y = c.pred_row(row);
    if (std::isnan(twin(t, y))) {
      REQUIRE(std::isnan(c.values[static_cast<size_t>(row)]));
      continue;
    }
    const double exact = twin(t, y), scale = 0.25 * static_cast<double>(c.weight[static_cast<size_t>(row)]);
    REQUIRE(std::fabs(c.values[static_cast<size_t>(row)] - exact) <= tolerance * std::max(1.0, std::fabs(exact)));
    for (size_t i = 0; c.info().differentiable && i < y.size(); ++i) {
      const double here = y[i];
      y[i] = here + kStep;
      const double above = twin(t, y);
      y[i] = here - kStep;
      const double slope = scale * (above - twin(t, y)) / (2 * kStep);
      y[i] = here;
      const double got = static_cast<double>(c.dpred.at(row, static_cast<int64_t>(i)));
      REQUIRE(std::fabs(got - slope) <= (2e-6 + 64 * tolerance) * std::max(1.0, std::fabs(slope)));
    }
  }
}

template <class T>
void check_padding(const cpu::Kernels<T>& kernels, int loss, int64_t cols) {
  Random random(static_cast<uint64_t>(loss * 1000 + cols));
  LossCase<T> clean(loss, cols, random), dirty = clean;
  clean.run(kernels);
  if (clean.info().differentiable) REQUIRE(clean.dpred.padding_is_zero());
  for (const T value : garbage<T>()) {
    dirty.pred.set_padding(value);
    dirty.target.set_padding(-value);
    dirty.probabilities.set_padding(value);
    dirty.run(kernels);
    REQUIRE(same_bits(clean.values, dirty.values));
    REQUIRE(same_bits(clean.dpred.data, dirty.dpred.data));
    if (clean.info().name.ends_with("crossentropy_logits") && clean.info().name[0] != 'b') {
      REQUIRE(dirty.probabilities.padding_is_zero());
    }
  }
}

template <class T>
std::vector<T> softmax(const cpu::Kernels<T>& kernels, const Rows<T>& x, size_t formula = 0) {
  Rows<T> y(x.rows, x.cols);
  y.data.assign(y.data.size(), T(7));
  kernels.activate_rows[formula]({x.data.data(), nullptr, y.data.data(), x.ld, x.rows, x.cols});
  CHECK(y.padding_is_zero());
  return y.data;
}

template <class T>
std::vector<T> softmax_backward(const cpu::Kernels<T>& kernels, const Rows<T>& y, const Rows<T>& dy,
                                size_t formula = 0) {
  Rows<T> dx(y.rows, y.cols);
  dx.data.assign(dx.data.size(), T(7));
  kernels.activate_rows_backward[formula]({y.data.data(), dy.data.data(), dx.data.data(), y.ld, y.rows, y.cols});
  CHECK(dx.padding_is_zero());
  return dx.data;
}

}  // namespace

TEST_CASE("losses and metrics equal their twins, gradients the twins' differences") {
  for_each_kernels([](const auto& kernels) {
    for_each_loss([&](int loss, int64_t cols) { check_against_twin(kernels, loss, cols); });
  });
}

TEST_CASE("losses ignore the padding") {
  for_each_kernels(
      [](const auto& kernels) { for_each_loss([&](int loss, int64_t cols) { check_padding(kernels, loss, cols); }); });
}

/// States of all tallies for some numbers, the padding holding `garbage`.
template <class T>
std::vector<double> tally_states(const cpu::Kernels<T>& kernels, int64_t cols, T garbage) {
  Random random(static_cast<uint64_t>(cols));
  Rows<T> pred(kRows, cols, random, -0.1, 1.1), target(kRows, cols, random, -0.5, 1.5);
  target.for_each([](int64_t, int64_t, T& t) { t = std::round(t); });
  pred.set_padding(garbage);
  target.set_padding(garbage);
  const std::vector<T> weight = {T(0.5), T(2), T(3), T(1), T(0)};
  const std::vector<double> thresholds = {0.0, 0.25, 0.5, 0.75, 1.0};
  std::vector<double> all;
  for (size_t tally = 0; tally < tallies().size(); ++tally) {
    for (const double flag : {0.0, 1.0}) {  // the first two parameters of each turned off and on
      std::vector<double> parameters = bind_parameters(tallies()[tally], {});
      for (size_t i = 0; i < 2 && i < parameters.size(); ++i) parameters[i] = flag;
      std::vector<double> state(static_cast<size_t>(12 * cols + 1));
      kernels.tally[tally]({pred.data.data(), target.data.data(), pred.ld, kRows, cols, weight.data(),
                            parameters.data(), thresholds.data(), 5, nullptr, state.data()});
      all.insert(all.end(), state.begin(), state.end());
    }
  }
  return all;
}

template <class T>
void check_tallies() {
  for (const int64_t cols : kColumns) {
    std::vector<double> first;
    for (const cpu::KernelTable* table : cpu::supported_tables()) {
      for (const T value : garbage<T>()) {
        const std::vector<double> state = tally_states(cpu::kernels_in<T>(*table), cols, value);
        if (first.empty()) first = state;
        REQUIRE(state == first);
      }
    }
  }
}

TEST_CASE("tallies count the same on every ISA, whatever the padding holds") {
  check_tallies<float>();
  check_tallies<double>();
}

TEST_CASE("an ignored class has no loss and no gradient") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    for (const char* name : {"sparse_categorical_crossentropy", "sparse_categorical_crossentropy_logits"}) {
      Random random(1);
      LossCase<T> c(find_loss(name), 17, random);
      c.labels = {3, -1, 16, -1, 0};
      c.weight.assign(kRows, T(1));
      c.parameters[0] = -1.0;
      c.run(kernels);
      for (int64_t row = 0; row < kRows; ++row) {
        T largest = 0;
        for (int64_t col = 0; col < 17; ++col) largest = std::max(largest, std::abs(c.dpred.at(row, col)));
        CHECK((c.values[static_cast<size_t>(row)] == T(0)) == (row % 2 == 1));
        CHECK((largest == T(0)) == (row % 2 == 1));
      }
    }
  });
}

TEST_CASE("softmax equals its definition and ignores the padding") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    for (const int64_t cols : kColumns) {
      CAPTURE(cols);
      Random random(static_cast<uint64_t>(cols));
      Rows<T> x(kRows, cols, random, -30, 30);
      const std::vector<T> y = softmax(kernels, x);
      // x − max is exact to an ulp of 60; exp, sum and quotient add cols + 4 roundings.
      const double tolerance = (60.0 + static_cast<double>(cols) + 4) * std::numeric_limits<T>::epsilon();
      for (int64_t row = 0; row < kRows; ++row) {
        double sum = 0.0;
        for (int64_t col = 0; col < cols; ++col) sum += std::exp(static_cast<double>(x.at(row, col)));
        for (int64_t col = 0; col < cols; ++col) {
          const double exact = std::exp(static_cast<double>(x.at(row, col))) / sum;
          REQUIRE(std::fabs(static_cast<double>(y[static_cast<size_t>(row * x.ld + col)]) - exact) <=
                  tolerance * exact);
        }
      }
      Rows<T> dy(kRows, cols, random), probabilities(kRows, cols);
      probabilities.data = y;
      const std::vector<T> dx = softmax_backward(kernels, probabilities, dy);
      for (const T value : garbage<T>()) {
        x.set_padding(value), probabilities.set_padding(-value), dy.set_padding(value);
        CHECK(same_bits(y, softmax(kernels, x)));
        CHECK(same_bits(dx, softmax_backward(kernels, probabilities, dy)));
      }
    }
  });
}

TEST_CASE("softmax of large numbers is finite, and a NaN spoils its own row alone") {
  for_each_kernels([]<class T>(const cpu::Kernels<T>& kernels) {
    for (const int64_t cols : kColumns) {
      Rows<T> x(3, cols);
      x.at(0, cols - 1) = T(1e30);
      x.at(1, 0) = std::numeric_limits<T>::quiet_NaN();
      const std::vector<T> y = softmax(kernels, x);
      CHECK(y[static_cast<size_t>(cols - 1)] == T(1));
      for (int64_t col = 0; col < cols; ++col) {
        REQUIRE(std::isnan(y[static_cast<size_t>(x.ld + col)]));
        REQUIRE(y[static_cast<size_t>(2 * x.ld + col)] == doctest::Approx(1.0 / static_cast<double>(cols)));
      }
    }
  });
}

TEST_CASE("avx2 and avx512 give the same bits") {
  for_avx2_and_avx512([]<class T>(const cpu::Kernels<T>& avx2, const cpu::Kernels<T>& avx512) {
    for_each_loss([&](int loss, int64_t cols) {
      Random random(static_cast<uint64_t>(loss * 1000 + cols));
      LossCase<T> a(loss, cols, random), b = a;
      a.run(avx2);
      b.run(avx512);
      REQUIRE(same_bits(a.values, b.values));
      REQUIRE(same_bits(a.dpred.data, b.dpred.data));
      REQUIRE(same_bits(a.probabilities.data, b.probabilities.data));
      for (size_t f = 0; f < kRowActivations.size(); ++f) {
        CAPTURE(kRowActivations[f]);
        REQUIRE(same_bits(softmax(avx2, a.pred, f), softmax(avx512, a.pred, f)));
        REQUIRE(same_bits(softmax_backward(avx2, a.pred, a.target, f), softmax_backward(avx512, a.pred, a.target, f)));
      }
    });
    for (size_t f = 0; f < activations().size(); ++f) {
      CAPTURE(activations()[f].name);
      Random random(f);
      const auto& formula = activations()[f];
      const std::vector<double> parameters = bind_parameters(formula, {});
      const std::vector<T> x = random.list<T>(4096, -12, 12), dy = random.list<T>(4096);
      std::vector<T> a(4096), b(4096);
      avx2.activate[f]({x.data(), nullptr, a.data(), 4096, parameters.data()});
      avx512.activate[f]({x.data(), nullptr, b.data(), 4096, parameters.data()});
      REQUIRE(same_numbers(a, b));
      const std::vector<T> saved = formula.saves == Saves::input ? x : a;
      avx2.activate_backward[f]({saved.data(), dy.data(), a.data(), 4096, parameters.data()});
      avx512.activate_backward[f]({saved.data(), dy.data(), b.data(), 4096, parameters.data()});
      REQUIRE(same_numbers(a, b));
    }
  });
}

}  // namespace bardana::test
