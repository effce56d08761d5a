// The loop over batches for one call: fit's epoch, evaluate, predict. Runs without Python; hooks come between steps.
#pragma once

#include "train/model.h"

namespace bardana {

class Trainer {
 public:
  Trainer(Executable& executable, const Data& data, size_t metrics, Hooks& hooks);

  /// Visits the rows in the order permutation(rows, seed, epoch) instead of their own.
  void shuffle(uint64_t seed, uint64_t epoch);

  struct Training {
    WeightsLock& lock;
    const std::atomic<bool>& stop;  // looked at after every step
    OptimizerState& optimizer;
    uint64_t& passes;
  };
  Totals train(int64_t batch_size, Training training);
  Totals evaluate(int64_t batch_size, WeightsLock& lock);
  void predict(int64_t batch_size, uint64_t call, std::byte* output, int64_t row_bytes, WeightsLock& lock);

 private:
  /// Reading passes: the lock is held throughout, so that all batches see the weights of one step, except while a hook
  /// runs (batch hooks, progress, and signal handlers, which Python runs on its main thread alone).
  template <class Prepare>
  void visit_batches(int64_t batch_size, WeightsLock& lock, Prepare prepare);
  int useful_threads(int64_t batch_size) const {
    return executable_.useful_threads(std::min(batch_size, data_.x.rows), data_.x.rows);
  }

  Executable& executable_;
  Data data_;
  Hooks& hooks_;
  const bool batch_hooks_;
  std::vector<int64_t> order_;
  Totals totals_;
  StepInput step_;
  PollTimer timer_;
};

}  // namespace bardana
