// fork() at any moment: it waits until every live model is between two steps, and the child can use all of them.
#pragma once

#include <mutex>

#include "train/training_claim.h"
#include "train/weights_lock.h"

namespace bardana {

/// Makes what the threads of one model share survive fork(); a member of the model, declared after all of these.
/// The handlers of fork() wait only for threads that need nothing of the forking one: a step needs neither Python's GIL
/// nor another model, and hooks, which may fork, run without the lock of the weights.
class ForkSafety {
 public:
  ForkSafety(WeightsLock& weights, TrainingClaim& training, std::mutex& plans);
  ~ForkSafety();
  ForkSafety(const ForkSafety&) = delete;
  ForkSafety& operator=(const ForkSafety&) = delete;

 private:
  friend class LiveModels;
  void before();
  void after_in_parent();
  /// Forgets threads that did not follow. What they had leased of the pool of plans is lost.
  void after_in_child();

  WeightsLock& weights_;
  TrainingClaim& training_;
  std::mutex& plans_;
};

}  // namespace bardana
