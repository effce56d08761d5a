// Who may touch a model's weights: readers (predict, evaluate, get_weights) together, or one writer (a training step,
// set_weights). Phase-fair: a writer that leaves lets all readers in that wait at that moment, and readers that come
// while a writer waits queue behind it, so neither side starves. Never wait for the lock while holding Python's GIL.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace bardana {

class WeightsLock {
 public:
  void lock_shared() {
    std::unique_lock guard(mutex_);
    if (!writing_ && waiting_writers_ == 0) {
      ++readers_;
      return;
    }
    ++waiting_readers_;
    changed_.wait(guard, [&] { return admitted_ > 0 || (!writing_ && waiting_writers_ == 0); });
    if (admitted_ > 0) --admitted_;
    --waiting_readers_;
    ++readers_;
  }

  void unlock_shared() {
    const std::lock_guard guard(mutex_);
    if (--readers_ == 0) changed_.notify_all();
  }

  void lock() {
    std::unique_lock guard(mutex_);
    ++waiting_writers_;
    changed_.wait(guard, [&] { return !writing_ && readers_ == 0 && admitted_ == 0; });
    --waiting_writers_;
    writing_ = true;
  }

  void unlock() {
    const std::lock_guard guard(mutex_);
    writing_ = false;
    admitted_ = waiting_readers_;
    changed_.notify_all();
  }

  /// Between two steps: lets those in who wait. Costs one relaxed load when nobody does.
  void yield() {
    if (waiting_readers_.load(std::memory_order_relaxed) + waiting_writers_.load(std::memory_order_relaxed) == 0)
      return;
    unlock();
    lock();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int readers_ = 0, admitted_ = 0;
  bool writing_ = false;
  std::atomic<int> waiting_readers_ = 0, waiting_writers_ = 0;
};

}  // namespace bardana
