// A network with its variables, compiled objectives and bound plans; what Python's `_core.Model` wraps.
// Safe from several threads: predict, evaluate and read run side by side, one fit at a time, and a predict during a fit
// sees the weights of a whole step. A forked child has them too and may use the model.
#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>

#include "backend/backend.h"
#include "compile/compile.h"
#include "train/data.h"
#include "train/feed.h"
#include "train/fork_safety.h"
#include "train/hooks.h"
#include "train/optimizer_state.h"
#include "train/training_claim.h"
#include "train/weights_lock.h"

namespace bardana {

struct EpochOptions {
  int64_t batch_size = 32;
  bool shuffle = false;  // visit all rows in the order permutation(rows, seed, epoch)
  uint64_t seed = 0, epoch = 0;
  std::span<const int64_t> order = {};  // visit these rows instead; numbers of rows, checked
};

/// What came of the batches of a feed: of so many, perhaps none.
struct FedTotals {
  Totals totals;
  int64_t steps = 0;
};
using FedOutputs = std::vector<std::vector<std::byte>>;  // of each batch

class Model {
 public:
  explicit Model(const ModelSpec& spec);

  const Network& network() const { return network_; }
  Variables& variables() { return variables_; }
  WeightsLock& weights_lock() { return lock_; }
  /// To be called under the lock before a variable's values are written.
  void about_to_write(VariableId id);
  /// Held for the length of a fit; train_epoch and compile take it too.
  TrainingClaim& training_claim() { return training_; }
  std::atomic<bool>& stop() { return stop_; }

  /// Sets loss, metrics and optimizer; forgets the optimizer's slots, keeps the weights. std::runtime_error during a
  /// fit.
  void compile(const CompileSpec& spec, std::shared_ptr<OptimizerState> optimizer);

  /// One step of the optimizer on gradients of all variables in C order, null for those without.
  void apply(const std::vector<const void*>& gradients);
  /// Puts the optimizer's moving averages, if it keeps them, in the place of the weights.
  void finish_averages();

  Totals train_epoch(const Data& data, const EpochOptions& options, Hooks& hooks);
  Totals evaluate(const Data& data, int64_t batch_size, Hooks& hooks);
  /// Writes rows × output elements to `output`. A single batch allocates nothing, once a plan is bound. In training, a
  /// network whose rows depend on each other takes them as one batch, and changes its state like a training step.
  void predict(const Source& x, int64_t batch_size, bool training, uint64_t call, void* output, Hooks& hooks);

  /// The same for at most `most` batches of a feed, fewer where it ends before. A plan grows with the batches.
  FedTotals train_feed(Feed& feed, int64_t most, Hooks& hooks);
  FedTotals evaluate_feed(Feed& feed, int64_t most, Hooks& hooks);
  FedOutputs predict_feed(Feed& feed, int64_t most, Hooks& hooks);

  /// The same without hooks for callers who must not wait, since they hold Python's GIL. One batch of little work, no
  /// more than some microseconds, is done at once. Otherwise, and where no plan is bound or the weights are taken,
  /// nothing is done, and the answer is nothing or false.
  std::optional<Totals> train_at_once(const Data& data, const EpochOptions& options);
  std::optional<Totals> evaluate_at_once(const Data& data, int64_t batch_size);
  bool predict_at_once(const Source& x, int64_t batch_size, bool training, uint64_t call, void* output);

  /// Loss of all rows as one batch. `input_gradient` receives the derivative by x; `take` is called while the gradient
  /// buffer still holds this call's numbers.
  double gradients(const Data& data, bool training, uint64_t call, void* input_gradient,
                   const std::function<void(Variables&)>& take);
  std::string explain(Mode mode, int64_t rows);

  /// Rows that predict works on at once when the caller does not care: as many as keep the widest activations in cache.
  int64_t comfortable_rows() const;

 private:
  /// What one compile() said; calls under way keep theirs alive.
  struct Compiled {
    Objectives objectives;
    std::shared_ptr<OptimizerState> optimizer;
    Totals zeros;  // states to begin with
  };
  using CompiledPtr = std::shared_ptr<const Compiled>;

  struct Bound {
    CompiledPtr made_for;  // null: compile() had not been called
    Plan plan;
    std::unique_ptr<Executable> executable;
  };
  class Lease;
  class GrowingPlan;

  bool keeps_slots(const Compiled& next) const;

  /// The state of the last compile(), or null.
  CompiledPtr current();
  /// The same; std::invalid_argument where there is no loss or the data do not fit.
  CompiledPtr compiled();
  CompiledPtr compiled_for(const Data& data);
  CompiledPtr trainable();
  CompiledPtr trainable_for(const Data& data);

  /// A bound plan of at least this capacity out of the pool, or null; bind makes one, and give() puts either back.
  std::unique_ptr<Bound> take(const CompiledPtr& compiled, PlanRequest request);
  std::unique_ptr<Bound> bind(const CompiledPtr& compiled, PlanRequest request);
  void give(std::unique_ptr<Bound> bound);

  /// std::runtime_error for code that a step calls.
  void refuse_inside_step() const;

  bool is_little(int64_t rows, Mode mode) const;
  /// The calls themselves, once they have a plan and the lock.
  Totals train(Executable& plan, const Compiled& compiled, const Data& data, const EpochOptions& options, Hooks& hooks,
               std::unique_lock<WeightsLock> guard);
  void predict_batch(Executable& plan, const Source& x, uint64_t call, void* output, Variables* changes = nullptr);

  Network network_;
  Variables variables_;
  WeightsLock lock_;
  TrainingClaim training_;
  std::atomic<bool> stop_ = false;
  uint64_t training_passes_ = 0;  // guarded by the claim
  std::mutex pool_mutex_;
  CompiledPtr compiled_;                      // guarded by pool_mutex_
  std::vector<std::unique_ptr<Bound>> pool_;  // guarded by pool_mutex_
  ForkSafety fork_safety_{lock_, training_, pool_mutex_};
};

}  // namespace bardana
