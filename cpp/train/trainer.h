// The loop over batches for one call: fit's epoch, evaluate, predict. Runs without Python; hooks come between steps.
#pragma once

#include "train/model.h"

namespace bardana {

class Trainer {
 public:
  /// `zeros`: states of the loss and the metrics to begin with, none for predict.
  Trainer(Executable& executable, const Data& data, const Totals& zeros, Hooks& hooks);

  /// Visits the rows in the order permutation(rows, seed, epoch) instead of their own.
  void shuffle(uint64_t seed, uint64_t epoch);

  struct Training {
    const std::atomic<bool>& stop;  // looked at after every step
    OptimizerState& optimizer;
    uint64_t& passes;
  };
  /// These are given the lock of the weights, locked.
  Totals train(int64_t batch_size, Training training, std::unique_lock<WeightsLock> guard);
  Totals evaluate(int64_t batch_size, std::shared_lock<WeightsLock> guard);
  void predict(int64_t batch_size, uint64_t call, std::byte* output, int64_t row_bytes,
               std::shared_lock<WeightsLock> guard);

 private:
  /// Reading passes: the lock is held throughout, so that all batches see the weights of one step, except while a hook
  /// runs (batch hooks, progress, and signal handlers, which Python runs on its main thread alone).
  template <class Prepare>
  void visit_batches(int64_t batch_size, std::shared_lock<WeightsLock> guard, Prepare prepare);
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
