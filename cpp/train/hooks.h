// What a running loop asks of its caller between two steps. Implementations may throw: the loop ends, and the weights
// are those of the last complete step. All of them may run user code, so no lock is held around them.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace bardana {

/// The states of the loss and of the metrics, one behind the other.
struct Totals {
  std::vector<double> numbers;
  std::vector<int64_t>
      sizes;  // of the states; empty where each is a pair of a sum and a weight, the value sum / weight

  bool operator==(const Totals&) const = default;
};

class Hooks {
 public:
  virtual ~Hooks() = default;
  virtual bool wants_batches() const { return false; }
  virtual void batch_begin(int64_t) {}
  virtual void batch_end(int64_t, const Totals&) {}
  /// predict: the outputs of the batch just done.
  virtual void batch_end(int64_t, const void* /*output*/, int64_t /*rows*/) {}
  /// Whether poll has anything to do on the thread that runs the loop.
  virtual bool wants_poll() const { return false; }
  /// About every 50 ms: signals, progress.
  virtual void poll(int64_t /*steps_done*/, const Totals&) {}
};

/// Says when 50 ms have passed, looking at the clock only every so many steps when steps are short.
class PollTimer {
 public:
  bool due() {
    if (++steps_ < stride_) return false;
    steps_ = 0;
    const auto now = Clock::now();
    const auto since_look = now - looked_;
    looked_ = now;
    if (since_look < std::chrono::milliseconds(1)) stride_ = stride_ < kMaxStride ? 2 * stride_ : kMaxStride;
    if (since_look > std::chrono::milliseconds(5)) stride_ = stride_ > 1 ? stride_ / 2 : 1;
    if (now - polled_ < std::chrono::milliseconds(50)) return false;
    polled_ = now;
    return true;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr int kMaxStride = 4096;
  Clock::time_point looked_ = Clock::now(), polled_ = looked_;
  int steps_ = 0, stride_ = 1;
};

}  // namespace bardana
