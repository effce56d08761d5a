#include "train/fork_safety.h"

#include <pthread.h>

#include <set>

#include "common/threads.h"
#include "plan/registry.h"

namespace bardana {

/// Never destroyed: models may outlive static destruction.
class LiveModels {
 public:
  static LiveModels& instance() {
    static LiveModels* models = [] {
      make_pool();  // its handler has to come after ours, which waits for steps that lease workers and give them back
      activations(), losses(), tallies(), optimizers(),
          constraints();  // a child could not wait for a thread that is making them
      auto* made = new LiveModels;
      pthread_atfork([] { instance().before(); }, [] { instance().after(&ForkSafety::after_in_parent); },
                     [] { instance().after(&ForkSafety::after_in_child); });
      return made;
    }();
    return *models;
  }

  void add(ForkSafety* model) {
    const std::lock_guard guard(mutex_);
    models_.insert(model);
  }
  void remove(ForkSafety* model) {
    const std::lock_guard guard(mutex_);
    models_.erase(model);
  }

 private:
  void before() {
    mutex_.lock();
    for (ForkSafety* model : models_) model->before();
  }
  void after(void (ForkSafety::*let_go)()) {
    for (ForkSafety* model : models_) (model->*let_go)();
    mutex_.unlock();
  }

  std::mutex mutex_;
  std::set<ForkSafety*> models_;  // in one order, as locks are taken
};

ForkSafety::ForkSafety(WeightsLock& weights, TrainingClaim& training, std::mutex& plans)
    : weights_(weights), training_(training), plans_(plans) {
  LiveModels::instance().add(this);
}

ForkSafety::~ForkSafety() { LiveModels::instance().remove(this); }

void ForkSafety::before() {
  weights_.freeze();  // first, as compile() has it
  plans_.lock();
  training_.freeze();
}

void ForkSafety::after_in_parent() {
  training_.thaw();
  plans_.unlock();
  weights_.thaw();
}

void ForkSafety::after_in_child() {
  training_.thaw_in_child();
  plans_.unlock();
  weights_.thaw_in_child();
}

}  // namespace bardana
