// The part of an optimizer that Python and a running loop share: the learning rate, which may change at any moment, and
// the number of steps taken.
#pragma once

#include <atomic>
#include <cstdint>

#include "train/learning_rate.h"

namespace bardana {

struct OptimizerState {
  std::atomic<double> learning_rate = 0.0;  // unless there is a source
  std::atomic<int64_t> iterations = 0;

  /// From the next step on; null goes back to the plain number. A running step may still use the former one, so sources
  /// live as long as the optimizer.
  void set_source(std::unique_ptr<LearningRate> source) {
    source_.store(source.get());
    if (source) sources_.push_back(std::move(source));
  }
  LearningRate* source() const { return source_.load(std::memory_order_relaxed); }
  bool calls_host() const { return source() != nullptr && source()->calls_host(); }

  /// The learning rate of the next step.
  double next_rate() const {
    LearningRate* from = source();
    return from == nullptr ? learning_rate.load(std::memory_order_relaxed)
                           : from->at(iterations.load(std::memory_order_relaxed));
  }

 private:
  std::atomic<LearningRate*> source_ = nullptr;
  std::vector<std::unique_ptr<LearningRate>> sources_;  // guarded by whoever calls set_source: Python's GIL
};

}  // namespace bardana
