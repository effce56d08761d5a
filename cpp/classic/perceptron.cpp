#include "classic/perceptron.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace bardana {
namespace {

constexpr int64_t kProductsBetweenPolls = 4'000'000;  // some milliseconds
constexpr int64_t kAhead = 4;                         // rows whose sums are taken together

uint32_t xorshift(uint32_t& state) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state & 0x7fffffffu;
}

/// Watches for weights that come back. Between two equal values the corrections of mistakes add up to 0, and by
/// Gordan's theorem no weights classify all rows of such a sum. Compares with the weights of mistake 0, 1, 2, 4, 8 …,
/// as Brent's cycle detection does.
template <class T>
class ReturnWatch {
 public:
  ReturnWatch(const T* w, int64_t columns, const double& intercept)
      : w_(w), intercept_(intercept), former_(w, w + columns), former_intercept_(intercept) {}

  /// `moved` is false for a correction that rounding has swallowed; from then on nothing is certain.
  void corrected(bool moved) {
    ++corrections_;
    certain_ = certain_ && moved;
    returned_ =
        returned_ || (certain_ && intercept_ == former_intercept_ && std::equal(former_.begin(), former_.end(), w_));
    if (corrections_ < next_) return;
    next_ *= 2;
    std::copy_n(w_, former_.size(), former_.begin());
    former_intercept_ = intercept_;
  }
  bool returned() const { return returned_; }

 private:
  const T* w_;
  const double& intercept_;
  std::vector<T> former_;
  double former_intercept_;
  int64_t corrections_ = 0, next_ = 1;
  bool certain_ = true, returned_ = false;
};

template <class T>
class PerceptronTraining {
 public:
  PerceptronTraining(const PerceptronRows<T>& data, const PerceptronRule& rule, T* w, double& intercept,
                     const std::function<void()>& poll)
      : data_(data),
        rule_(rule),
        w_(w),
        intercept_(intercept),
        poll_(poll),
        order_(static_cast<size_t>(data.rows)),
        watch_(w, data.columns, intercept) {
    std::iota(order_.begin(), order_.end(), 0);
  }

  PerceptronOutcome run() {
    PerceptronOutcome outcome;
    int64_t idle = 0;
    double best = std::numeric_limits<double>::infinity();
    for (int64_t epoch = 0; epoch < rule_.max_epochs && idle < rule_.patience; ++epoch) {
      if (rule_.shuffle) shuffle_order(order_, rule_.seed);
      const double loss = walk() / static_cast<double>(data_.rows);
      outcome.mistakes.push_back(mistakes_);
      outcome.separated = mistakes_ == 0;
      outcome.finite = is_finite();
      if (!outcome.finite || (rule_.stop_when_separated && outcome.separated)) break;
      idle = !std::isinf(rule_.tolerance) && loss > best - rule_.tolerance ? idle + 1 : 0;
      best = std::min(best, loss);
    }
    outcome.returned = watch_.returned() && (rule_.fit_intercept || intercept_ == 0.0);  // a fixed one is no weight
    return outcome;
  }

 private:
  /// One epoch; returns the sum of the loss max(0, −y z).
  double walk() {
    double loss = 0.0;
    mistakes_ = 0;
    for (auto next = order_.cbegin(); next != order_.cend();) {
      const auto count = std::min<int64_t>(kAhead, order_.cend() - next);
      const std::array<double, kAhead> sums = sums_ahead(&*next, count);
      bool corrected = false;
      for (int64_t k = 0; k < count && !corrected; ++k) {
        const int32_t row = *next++;
        const double margin = sums[static_cast<size_t>(k)] * static_cast<double>(data_.labels[row]);
        if (margin > 0.0) continue;
        loss -= margin;
        corrected = correct(row);
      }
      poll(count);
    }
    return loss;
  }

  /// The sums of the next rows, which hold until a mistake changes the weights. Each is added up in order, which takes
  /// the latency of as many additions; side by side, several take no longer than one.
  std::array<double, kAhead> sums_ahead(const int32_t* rows, int64_t count) const {
    std::array<const T*, kAhead> x;
    for (int64_t k = 0; k < kAhead; ++k) {
      x[static_cast<size_t>(k)] = data_.values + int64_t{rows[k < count ? k : 0]} * data_.columns;
    }
    std::array<double, kAhead> sums{};
    for (int64_t j = 0; j < data_.columns; ++j) {
      for (size_t k = 0; k < kAhead; ++k) sums[k] += static_cast<double>(w_[j] * x[k][j]);
    }
    for (double& sum : sums) sum = static_cast<double>(static_cast<T>(sum)) + intercept_;
    return sums;
  }

  /// Returns whether the weights have changed: not for a row that does not count.
  bool correct(int64_t row) {
    const bool positive = data_.labels[row] > T(0);
    const auto factor = static_cast<T>(positive ? rule_.positive_weight : rule_.negative_weight);
    double step = positive ? rule_.rate : -rule_.rate;
    step *= static_cast<double>(factor * data_.weights[row]);
    if (step == 0.0) return false;
    const T* x = data_.values + row * data_.columns;
    const auto rounded = static_cast<double>(static_cast<T>(step));
    bool moved = false;
    for (int64_t j = 0; j < data_.columns; ++j) {
      const auto next = static_cast<T>(static_cast<double>(w_[j]) + static_cast<double>(x[j]) * rounded);
      moved |= next != w_[j];
      w_[j] = next;
    }
    if (rule_.fit_intercept) {
      moved |= intercept_ + step != intercept_;
      intercept_ += step;
    }
    ++mistakes_;
    watch_.corrected(moved);
    return true;
  }

  bool is_finite() const {
    return std::isfinite(intercept_) && std::all_of(w_, w_ + data_.columns, [](T v) { return std::isfinite(v); });
  }

  void poll(int64_t rows) {
    products_ += rows * data_.columns;
    if (products_ < kProductsBetweenPolls) return;
    products_ = 0;
    poll_();
  }

  const PerceptronRows<T>& data_;
  const PerceptronRule& rule_;
  T* w_;
  double& intercept_;
  const std::function<void()>& poll_;
  std::vector<int32_t> order_;
  ReturnWatch<T> watch_;
  int64_t mistakes_ = 0;
  int64_t products_ = 0;
};

}  // namespace

void shuffle_order(std::vector<int32_t>& order, uint32_t seed) {
  uint32_t state = seed == 0 ? 1 : seed;
  const auto size = static_cast<uint32_t>(order.size());
  for (uint32_t i = 0; i + 1 < size; ++i) std::swap(order[i], order[i + xorshift(state) % (size - i)]);
}

template <class T>
PerceptronOutcome train_perceptron(const PerceptronRows<T>& data, const PerceptronRule& rule, T* w, double& intercept,
                                   const std::function<void()>& poll) {
  return PerceptronTraining<T>(data, rule, w, intercept, poll).run();
}

template PerceptronOutcome train_perceptron(const PerceptronRows<float>&, const PerceptronRule&, float*, double&,
                                            const std::function<void()>&);
template PerceptronOutcome train_perceptron(const PerceptronRows<double>&, const PerceptronRule&, double*, double&,
                                            const std::function<void()>&);

}  // namespace bardana
