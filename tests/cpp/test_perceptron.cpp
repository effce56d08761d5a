// The perceptron on rows whose course can be worked out by hand, the order of its shuffle, and what it says at the end.
#include "classic/perceptron.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "support.h"

namespace bardana::test {
namespace {

template <class T>
struct Trained {
  PerceptronOutcome outcome;
  std::vector<T> w;
  double intercept = 0.0;
};

template <class T>
Trained<T> train(
    const std::vector<T>& values, const std::vector<T>& labels, const PerceptronRule& rule,
    const std::function<void()>& poll = [] {}) {
  const std::vector<T> weights(labels.size(), T(1));
  const auto rows = static_cast<int64_t>(labels.size()), columns = static_cast<int64_t>(values.size()) / rows;
  Trained<T> trained;
  trained.w.assign(static_cast<size_t>(columns), T(0));
  const PerceptronRows<T> data{values.data(), labels.data(), weights.data(), rows, columns};
  trained.outcome = train_perceptron(data, rule, trained.w.data(), trained.intercept, poll);
  return trained;
}

PerceptronRule textbook() {
  PerceptronRule rule;
  rule.tolerance = -std::numeric_limits<double>::infinity();
  rule.stop_when_separated = true;
  rule.shuffle = false;
  return rule;
}

const std::vector<double> kCorners = {0, 0, 0, 1, 1, 0, 1, 1};

TEST_CASE("one mistake by a sum of 0, worked by hand") {
  // z = 0 for the first row: w becomes 2, the bias 1. The second, z = -4 + 1 with label −1, is right.
  const auto trained = train<double>({2, -4}, {1, -1}, textbook());
  CHECK(trained.w == std::vector<double>{2});
  CHECK(trained.intercept == 1);
  CHECK(trained.outcome.mistakes == std::vector<int64_t>{1, 0});
  CHECK(trained.outcome.separated);
  CHECK(!trained.outcome.returned);
}

TEST_CASE_TEMPLATE("conjunctions and disjunctions are separated, both with and without a shuffle", T, float, double) {
  const std::vector<T> corners(kCorners.begin(), kCorners.end());
  for (const bool shuffle : {false, true}) {
    for (const std::vector<T>& labels : {std::vector<T>{-1, -1, -1, 1}, std::vector<T>{-1, 1, 1, 1}}) {
      PerceptronRule rule = textbook();
      rule.shuffle = shuffle;
      rule.seed = 7;
      const auto trained = train(corners, labels, rule);
      CHECK(trained.outcome.separated);
      CHECK(trained.outcome.mistakes.back() == 0);
      for (size_t i = 0; i < 4; ++i) {
        const double z = trained.w[0] * corners[2 * i] + trained.w[1] * corners[2 * i + 1] + trained.intercept;
        CHECK(z * labels[i] > 0);
      }
    }
  }
}

TEST_CASE("exclusive or: the weights return, so nothing separates it") {
  PerceptronRule rule = textbook();
  rule.max_epochs = 10;
  const auto trained = train<double>(kCorners, {-1, 1, 1, -1}, rule);
  CHECK(!trained.outcome.separated);
  CHECK(trained.outcome.returned);
  CHECK(trained.outcome.mistakes.size() == 10);
}

TEST_CASE("weights never return on separable rows") {
  Random random(3);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> values, labels;
    for (int row = 0; row < 12; ++row) {
      const double a = static_cast<double>(random.integer(-3, 3)), b = static_cast<double>(random.integer(-3, 3));
      values.insert(values.end(), {a, b});
      labels.push_back(2 * a - b > 0.5 ? 1 : -1);
    }
    const auto trained = train(values, labels, textbook());
    CHECK(trained.outcome.separated);
    CHECK(!trained.outcome.returned);
  }
}

TEST_CASE("corrections that rounding swallows prove nothing") {
  // (−1, 2) separates these, but the first correction makes weights that the second cannot change.
  PerceptronRule rule = textbook();
  rule.fit_intercept = false;
  rule.max_epochs = 20;
  const auto trained = train<double>({1e20, 1e20, 1, -0.5}, {1, -1}, rule);
  CHECK(trained.w == std::vector<double>{1e20, 1e20});
  CHECK(!trained.outcome.separated);
  CHECK(!trained.outcome.returned);
}

TEST_CASE("training without progress stops after `patience` further epochs") {
  PerceptronRule rule;
  rule.shuffle = false;
  rule.tolerance = 1e9;
  rule.patience = 3;
  // The first epoch betters ∞ by more than any tolerance.
  CHECK(train<double>(kCorners, {-1, 1, 1, -1}, rule).outcome.mistakes.size() == 4);
  rule.max_epochs = 2;
  CHECK(train<double>(kCorners, {-1, 1, 1, -1}, rule).outcome.mistakes.size() == 2);
}

TEST_CASE("overflow ends training") {
  PerceptronRule rule = textbook();
  rule.rate = 1e308;
  const auto trained = train<double>({1e200, -1e200}, {1, 1}, rule);
  CHECK(!trained.outcome.finite);
  CHECK(trained.outcome.mistakes.size() == 1);
}

TEST_CASE("what poll throws passes through") {
  std::vector<double> values(5'000'000, 1.0);
  auto interrupted = [&] {
    train<double>(values, {1, 1, 1, 1, -1}, textbook(), [] { throw std::runtime_error("!"); });
  };
  CHECK_THROWS_AS(interrupted(), std::runtime_error);
}

TEST_CASE("a shuffle is a permutation, 0 stands for the seed 1, and the first draw is Marsaglia's") {
  std::vector<int32_t> order(1000);
  std::iota(order.begin(), order.end(), 0);
  std::vector<int32_t> first = order, again = order, other = order;
  shuffle_order(first, 0);
  shuffle_order(again, 1);
  shuffle_order(other, 2);
  CHECK(first == again);
  CHECK(first != other);
  CHECK(first[0] == 270369 % 1000);  // 1 ^ 1 << 13 = 8193, unchanged by >> 17, and 8193 ^ 8193 << 5 = 270369
  std::sort(first.begin(), first.end());
  CHECK(first == order);
  std::vector<int32_t> nothing;
  shuffle_order(nothing, 5);
  CHECK(nothing.empty());
}

}  // namespace
}  // namespace bardana::test
