// The right to train a model, which one thread has at a time: a fit takes it for all its epochs, a single train_epoch
// joins the fit of its own thread (a callback that calls train_on_batch) or takes it for itself. Others are refused.
#pragma once

#include <mutex>
#include <stdexcept>
#include <thread>

#include "common/check.h"

namespace bardana {

class TrainingClaim {
 public:
  /// For a fit or compile. Throws std::runtime_error if anyone trains, this thread included.
  void begin(const char* who) {
    const std::lock_guard guard(mutex_);
    if (depth_ > 0) refuse(who);
    enter();
  }

  /// For an epoch or step. Throws std::runtime_error if another thread trains.
  void lock() {
    const std::lock_guard guard(mutex_);
    if (depth_ > 0 && owner_ != std::this_thread::get_id()) refuse("training");
    enter();
  }

  /// Ends either.
  void unlock() {
    const std::lock_guard guard(mutex_);
    --depth_;
  }

  bool is_held() {
    const std::lock_guard guard(mutex_);
    return depth_ > 0;
  }

  /// Around fork(), all three on the forking thread: nobody takes or returns the claim meanwhile. In the child it stays
  /// with the thread that forked, from a callback of its fit, and is free if another thread had it.
  void freeze() { mutex_.lock(); }
  void thaw() { mutex_.unlock(); }
  void thaw_in_child() {
    if (owner_ != std::this_thread::get_id()) depth_ = 0;
    mutex_.unlock();
  }

 private:
  [[noreturn]] static void refuse(const char* who) {
    throw std::runtime_error(
        concat(who, ": expected no other training of this model, but fit() is already running on it"));
  }
  void enter() {
    owner_ = std::this_thread::get_id();
    ++depth_;
  }

  std::mutex mutex_;
  std::thread::id owner_;
  int depth_ = 0;
};

}  // namespace bardana
