// Who may touch a model's weights: readers (predict, evaluate, get_weights) together, or one writer (a training step,
// set_weights). Phase-fair: a writer that leaves lets in as many readers as wait at that moment, readers that come
// while a writer waits queue behind it, and writers follow each other in order, so nobody starves. Never wait for the
// lock while holding Python's GIL: the try_ functions do not wait, and may fail although the lock is free.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <new>

namespace bardana {

class WeightsLock {
 public:
  /// While it lives, its thread passes the lock, which it must hold: for code that runs inside a step.
  class Pass {
   public:
    explicit Pass(const WeightsLock& lock) : lock_(&lock), outer_(innermost()) { innermost() = this; }
    ~Pass() { innermost() = outer_; }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    friend WeightsLock;
    static const Pass*& innermost() {
      static thread_local const Pass* pass = nullptr;
      return pass;
    }
    const WeightsLock* lock_;
    const Pass* outer_;
  };

  /// Whether the calling thread does.
  bool passes() const {
    for (const Pass* pass = Pass::innermost(); pass != nullptr; pass = pass->outer_) {
      if (pass->lock_ == this) return true;
    }
    return false;
  }

  /// The same for a lock of any model.
  static bool passes_any() { return Pass::innermost() != nullptr; }

  void lock_shared() {
    if (passes()) return;
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

  bool try_lock_shared() {
    if (passes()) return true;
    const std::unique_lock guard(mutex_, std::try_to_lock);
    if (!guard || writing_ || waiting_writers_ > 0) return false;
    ++readers_;
    return true;
  }

  void unlock_shared() {
    if (passes()) return;
    const std::lock_guard guard(mutex_);
    if (--readers_ == 0) changed_.notify_all();
  }

  void lock() {
    if (passes()) return;
    std::unique_lock guard(mutex_);
    ++waiting_writers_;
    const uint64_t ticket = next_ticket_++;
    changed_.wait(guard, [&] { return !writing_ && readers_ == 0 && admitted_ == 0 && ticket == served_; });
    --waiting_writers_;
    writing_ = true;
  }

  bool try_lock() {
    if (passes()) return true;
    const std::unique_lock guard(mutex_, std::try_to_lock);
    if (!guard || writing_ || readers_ > 0 || admitted_ > 0 || next_ticket_ != served_) return false;
    ++next_ticket_;
    writing_ = true;
    return true;
  }

  void unlock() {
    if (passes()) return;
    const std::lock_guard guard(mutex_);
    writing_ = false;
    ++served_;
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

  /// For fork(): waits until no writer is inside, at most for one step whoever else waits, and stops all traffic until
  /// thaw, which comes on the same thread. Readers may be inside. The caller must not be a writer, unless it passes.
  void freeze() {
    std::unique_lock guard(mutex_);
    if (passes()) {
      guard.release();
      return;
    }
    ++waiting_readers_;  // so that a training loop that yields lets this thread in
    changed_.wait(guard, [&] { return !writing_; });
    if (admitted_ > 0) --admitted_;
    --waiting_readers_;
    guard.release();
  }
  void thaw() {
    mutex_.unlock();
    changed_.notify_all();
  }
  /// The same in the child, where nobody holds the lock or waits for it.
  void thaw_in_child() {
    const bool inside = passes();
    writing_ = inside && writing_;
    readers_ = inside && !writing_ ? 1 : 0;
    admitted_ = 0;
    served_ = 0;
    next_ticket_ = writing_ ? 1 : 0;
    waiting_readers_ = waiting_writers_ = 0;
    new (&changed_) std::condition_variable;
    mutex_.unlock();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int readers_ = 0, admitted_ = 0;
  uint64_t next_ticket_ = 0, served_ = 0;  // writers enter in the order in which they came
  bool writing_ = false;
  std::atomic<int> waiting_readers_ = 0, waiting_writers_ = 0;
};

}  // namespace bardana
