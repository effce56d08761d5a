// WeightsLock with real threads: exclusion, and that nobody waits for ever. A test fails when its deadline passes;
// under -DBARDANA_SANITIZE=thread the plain (not atomic) numbers show any hole in the exclusion.
#include "train/weights_lock.h"

#include <chrono>
#include <functional>
#include <shared_mutex>
#include <thread>

#include "support.h"

namespace bardana::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kDeadline{20};  // what takes milliseconds when nobody starves

/// Keeps the processor busy, as a step or a prediction does.
void work(std::chrono::microseconds duration) {
  for (const auto end = Clock::now() + duration; Clock::now() < end;) {
  }
}

/// Runs the same function on several threads; joins on destruction.
class Threads {
 public:
  Threads(int count, const std::function<void()>& function) {
    for (int i = 0; i < count; ++i) threads_.emplace_back(function);
  }
  ~Threads() {
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::vector<std::thread> threads_;
};

/// Waits until condition() or the deadline; says which.
template <class Condition>
bool in_time(Condition condition) {
  for (const auto end = Clock::now() + kDeadline; Clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return condition();
}

}  // namespace

TEST_CASE("readers never see a half-written pair, writers never meet") {
  WeightsLock lock;
  int64_t a = 0, b = 0;
  std::atomic<int64_t> torn = 0;
  {
    const Threads writers(3, [&] {
      for (int i = 0; i < 500; ++i) {
        const std::lock_guard guard(lock);
        ++a;
        work(std::chrono::microseconds(2));
        ++b;
      }
    });
    const Threads readers(5, [&] {
      for (int i = 0; i < 500; ++i) {
        const std::shared_lock guard(lock);
        const int64_t seen = a;
        work(std::chrono::microseconds(2));
        torn += seen != a || seen != b;
      }
    });
  }
  CHECK(torn == 0);
  CHECK(a == 1500);
  CHECK(b == 1500);
}

TEST_CASE("readers go in together") {
  WeightsLock lock;
  std::atomic<int> inside = 0, met = 0;
  {
    const Threads readers(2, [&] {
      const std::shared_lock guard(lock);
      ++inside;
      met += in_time([&] { return inside == 2; });
    });
  }
  CHECK(met == 2);
}

TEST_CASE("a writer that yields lets waiting readers in") {
  WeightsLock lock;
  std::atomic<int> reads = 0;
  std::atomic<bool> stop = false;
  std::atomic<int> steps = 0;
  std::thread writer([&] {
    const std::lock_guard guard(lock);
    while (!stop) {
      ++steps;
      work(std::chrono::microseconds(100));
      lock.yield();
    }
  });
  bool done = in_time([&] { return steps > 0; });
  {
    const Threads readers(4, [&] {
      for (int i = 0; i < 25 && !stop; ++i) {
        const std::shared_lock guard(lock);
        ++reads;
      }
    });
    done &= in_time([&] { return reads == 100; });
    stop = true;
  }
  writer.join();
  CHECK(done);
}

TEST_CASE("a writer that yields lets a waiting writer in") {
  WeightsLock lock;
  std::atomic<int> steps = 0, writes = 0;
  std::atomic<bool> stop = false;
  std::thread trainer([&] {
    const std::lock_guard guard(lock);
    while (!stop) {
      ++steps;
      work(std::chrono::microseconds(100));
      lock.yield();
    }
  });
  bool done = in_time([&] { return steps > 0; });
  {
    const Threads setter(1, [&] {
      for (int i = 0; i < 25 && !stop; ++i) {
        const std::lock_guard guard(lock);
        ++writes;
      }
    });
    done &= in_time([&] { return writes == 25; });
    stop = true;
  }
  trainer.join();
  CHECK(done);
}

TEST_CASE("a stream of readers does not starve the writer") {
  WeightsLock lock;
  std::atomic<bool> stop = false;
  std::atomic<int> reads = 0, writes = 0;
  bool done = false;
  {
    const Threads readers(4, [&] {  // their turns overlap: left alone, some reader is always inside
      while (!stop) {
        const std::shared_lock guard(lock);
        ++reads;
        work(std::chrono::microseconds(300));
      }
    });
    done = in_time([&] { return reads > 20; });
    const Threads writer(1, [&] {
      for (int i = 0; i < 50 && !stop; ++i) {
        const std::lock_guard guard(lock);
        ++writes;
      }
    });
    done &= in_time([&] { return writes == 50; });
    stop = true;
  }
  CHECK(done);
}

TEST_CASE("a stream of writers does not starve the readers") {
  WeightsLock lock;
  std::atomic<bool> stop = false;
  std::atomic<int> reads = 0, writes = 0;
  bool done = false;
  {
    const Threads writers(8, [&] {  // so many that one is always waiting
      while (!stop) {
        const std::lock_guard guard(lock);
        ++writes;
        work(std::chrono::microseconds(100));
      }
    });
    done = in_time([&] { return writes > 20; });
    const Threads readers(4, [&] {
      for (int i = 0; i < 25 && !stop; ++i) {
        const std::shared_lock guard(lock);
        ++reads;
      }
    });
    done &= in_time([&] { return reads == 100; });
    stop = true;
  }
  CHECK(done);
}

TEST_CASE("who does not wait gets in only where the lock is free") {
  WeightsLock lock;
  {
    const std::shared_lock reader(lock, std::try_to_lock);
    CHECK(reader.owns_lock());
    CHECK(std::shared_lock(lock, std::try_to_lock).owns_lock());
    CHECK_FALSE(std::unique_lock(lock, std::try_to_lock).owns_lock());
  }
  for (int i = 0; i < 2; ++i) {
    const std::unique_lock writer(lock, std::try_to_lock);
    CHECK(writer.owns_lock());
    CHECK_FALSE(std::shared_lock(lock, std::try_to_lock).owns_lock());
    CHECK_FALSE(std::unique_lock(lock, std::try_to_lock).owns_lock());
  }
  const std::lock_guard next(lock);  // the turns of writers have gone on
}

TEST_CASE("who does not wait and who waits exclude each other") {
  WeightsLock lock;
  int64_t a = 0, b = 0;
  std::atomic<int64_t> entered = 0, torn = 0;
  {
    const Threads patient(2, [&] {
      for (int i = 0; i < 500; ++i) {
        const std::lock_guard guard(lock);
        ++a;
        work(std::chrono::microseconds(2));
        ++b;
        ++entered;
      }
    });
    const Threads impatient(2, [&] {
      for (int i = 0; i < 2000; ++i) {
        const std::unique_lock guard(lock, std::try_to_lock);
        if (!guard) continue;
        ++a;
        ++b;
        ++entered;
      }
    });
    const Threads readers(2, [&] {
      for (int i = 0; i < 2000; ++i) {
        const std::shared_lock guard(lock, std::try_to_lock);
        if (guard) torn += a != b;
      }
    });
  }
  CHECK(torn == 0);
  CHECK(a == entered);
  CHECK(b == entered);
}

}  // namespace bardana::test
