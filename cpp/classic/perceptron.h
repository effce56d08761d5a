// Rosenblatt's perceptron: one threshold unit that learns from one row at a time, w ← w + η (y − ŷ) x.
// Labels are +1 and −1, a sum of exactly 0 counts as a mistake, and the order of arithmetic is that of scikit-learn's
// Perceptron (sums in double, weights in the type of the rows), so that both learn the same numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace bardana {

struct PerceptronRule {
  int64_t max_epochs = 1000;
  double tolerance = 1e-3;  // smallest decrease of the mean loss that counts as progress; −∞: never stop for want of it
  int64_t patience = 5;     // epochs without progress before training stops
  bool stop_when_separated = false;  // after an epoch without a mistake
  bool fit_intercept = true;
  bool shuffle = true;
  uint32_t seed = 0;  // of the shuffle; every epoch shuffles its predecessor's order with it
  double rate = 1.0;  // η
  double positive_weight = 1.0, negative_weight = 1.0;  // factors of η for rows of either label
};

/// C-contiguous arrays of the caller: `rows` × `columns` values, `rows` labels and factors of η.
template <class T>
struct PerceptronRows {
  const T* values;
  const T* labels;
  const T* weights;
  int64_t rows;
  int64_t columns;
};

struct PerceptronOutcome {
  std::vector<int64_t> mistakes;  // of each epoch
  bool separated = false;         // the last epoch had no mistake
  bool returned = false;          // the weights came back to a former value, so no weights separate the rows
  bool finite = true;             // false: they have overflowed, and training stopped
};

/// Trains `columns` weights and the intercept in place. `poll` is called every few milliseconds and may throw.
template <class T>
PerceptronOutcome train_perceptron(const PerceptronRows<T>& data, const PerceptronRule& rule, T* w, double& intercept,
                                   const std::function<void()>& poll);

extern template PerceptronOutcome train_perceptron(const PerceptronRows<float>&, const PerceptronRule&, float*, double&,
                                                   const std::function<void()>&);
extern template PerceptronOutcome train_perceptron(const PerceptronRows<double>&, const PerceptronRule&, double*,
                                                   double&, const std::function<void()>&);

/// Shuffles an order as Fisher and Yates do, drawing from Marsaglia's 32-bit xorshift (Xorshift RNGs, 2003) that starts
/// with `seed`, 1 in place of 0.
void shuffle_order(std::vector<int32_t>& order, uint32_t seed);

}  // namespace bardana
