// One pool of worker threads per process, and teams: a call leases idle workers, works with them in lockstep and gives
// them back. A call that finds no idle worker works alone. Workers wait by spinning for some microseconds, then by
// yielding the processor, then asleep. After fork() the child starts with an empty pool.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace bardana {

/// A member's part of work that is split among `size` members.
struct Share {
  int rank = 0, size = 1;
};

/// Threads that one call may use, the caller included: what set_thread_limit or BARDANA_NUM_THREADS says, else
/// available_cores(). std::invalid_argument if BARDANA_NUM_THREADS is not a whole number from 1 to kMaxThreads.
int thread_limit();
/// 0 goes back to the default. Running calls keep their threads.
void set_thread_limit(int threads);
constexpr int kMaxThreads = 256;

class Worker;

/// The caller's thread and leased workers. Made, used and destroyed on one thread.
class Team {
 public:
  /// Leases at most `wanted` − 1 workers, as many as are idle and the limit allows.
  explicit Team(int wanted);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return size_; }

  /// Calls work(share) on every member at once, on the caller as rank 0, and returns when all have come back. `work`
  /// must not throw.
  template <class Work>
  void run(const Work& work) {
    run([](const void* context, Share share) { (*static_cast<const Work*>(context))(share); }, &work);
  }

  /// Within run: waits until all members have come here. What they wrote before is visible to all.
  void barrier();

 private:
  friend class Worker;
  using Job = void (*)(const void* context, Share share);
  void run(Job job, const void* context);
  void give_back();

  int size_ = 1;
  bool spin_ = true;    // false where members outnumber cores
  uint64_t forks_ = 0;  // number of forks this process had seen when the team was made
  std::vector<Worker*> workers_;
  alignas(64) std::atomic<uint32_t> arrived_ = 0;
  alignas(64) std::atomic<uint32_t> phase_ = 0;
};

/// Makes the pool, without workers. Handlers of fork() that are registered afterwards run before the pool's, which
/// keeps teams from being made and destroyed until fork() is over.
void make_pool();

/// Largest number of threads that any call of this process has worked with.
int most_threads_used();

}  // namespace bardana
