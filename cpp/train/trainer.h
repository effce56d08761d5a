// The loop over batches for one call: fit's epoch, evaluate, predict. Runs without Python; hooks come between steps.
#pragma once

#include <optional>

#include "train/array_batches.h"
#include "train/fed_batches.h"
#include "train/model.h"

namespace bardana {

class Trainer {
 public:
  /// `zeros`: states of the loss and the metrics to begin with, none for predict.
  Trainer(const Totals& zeros, Hooks& hooks);

  /// The plan of the next steps, which take up to `rows` rows each, total_rows in all.
  void use(Executable& executable, int64_t rows, int64_t total_rows);

  struct Training {
    const std::atomic<bool>& stop;  // looked at after every step
    OptimizerState& optimizer;
    uint64_t& passes;
    Variables& variables;
  };
  /// These are given the lock of the weights, locked. Batches are ArrayBatches or FedBatches.
  template <class Batches>
  void train(Batches batches, Training training, std::unique_lock<WeightsLock> guard);
  template <class Batches>
  void evaluate(Batches batches, std::shared_lock<WeightsLock> guard);
  /// place(step) says where the outputs of a step go.
  template <class Batches>
  void predict(Batches batches, uint64_t call, const std::function<std::byte*(const StepInput&)>& place,
               std::shared_lock<WeightsLock> guard);

  int64_t steps() const { return steps_; }
  Totals& totals() { return totals_; }

 private:
  /// Reading passes: the lock is held throughout, so that all batches see the weights of one step, except while a hook
  /// runs (batch hooks, progress, and signal handlers, which Python runs on its main thread alone) and while batches
  /// have to be waited for.
  template <class Batches, class Prepare>
  void visit_batches(Batches& batches, std::shared_lock<WeightsLock> guard, Prepare prepare);

  Executable* executable_ = nullptr;
  std::optional<Team> team_;
  Hooks& hooks_;
  const bool batch_hooks_;
  int64_t steps_ = 0;
  Totals totals_;
  StepInput step_;
  PollTimer timer_;
};

}  // namespace bardana
