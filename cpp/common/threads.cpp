#include "common/threads.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#include "common/check.h"
#include "common/cpu_count.h"

namespace bardana {
namespace {

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb");
#endif
}

// About 10 µs of spinning (a pause is 10 to 40 ns), which spans the gaps within a training step; then some 100 µs in
// which others may have the processor; waking from sleep costs 30 to 50 µs.
constexpr int kSpins = 400, kYields = 200;

/// Returns when the word is no longer `value`. Writers of the word must call notify_all.
void wait_while(const std::atomic<uint32_t>& word, uint32_t value, bool spin) {
  for (int i = 0; spin && i < kSpins; ++i) {
    if (word.load(std::memory_order_acquire) != value) return;
    pause_briefly();
  }
  for (int i = 0; i < kYields; ++i) {
    if (word.load(std::memory_order_acquire) != value) return;
    sched_yield();
  }
  while (word.load(std::memory_order_acquire) == value) word.wait(value, std::memory_order_acquire);
}

int parse_limit(const char* text) {
  int threads = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, threads);
  if (error != std::errc() || stop != end || threads < 1 || threads > kMaxThreads) {
    fail("BARDANA_NUM_THREADS: expected a whole number from 1 to ", kMaxThreads, ", received '", text, "'");
  }
  return threads;
}

int default_limit() {
  const char* wanted = std::getenv("BARDANA_NUM_THREADS");
  return wanted != nullptr && *wanted != '\0' ? parse_limit(wanted) : std::min(available_cores(), kMaxThreads);
}

/// What `find` finds, a positive number, without asking twice. Not a static initializer: a child forked meanwhile would
/// wait for a thread that does not exist there.
int remembered(std::atomic<int>& known, int (*find)()) {
  if (known.load(std::memory_order_relaxed) == 0) known = find();
  return known.load(std::memory_order_relaxed);
}

std::atomic<int> chosen_limit = 0;  // 0: the default
std::atomic<int> most_used = 1;

}  // namespace

/// A thread that waits for jobs. Its words are written by the team that leases it.
class Worker {
 public:
  void post(Team::Job job, const void* context, Share share, bool spin) {
    job_ = job, context_ = context, share_ = share, spin_ = spin;
    const uint32_t next = posted_.load(std::memory_order_relaxed) + 1;
    posted_.store(next);  // in one order with the sleeper's count of waiters
    posted_.notify_all();
  }
  void wait_until_done(bool spin) { wait_while(done_, posted_.load(std::memory_order_relaxed) - 1, spin); }

  [[noreturn]] void work() {
    for (uint32_t job = 0;; ++job) {
      wait_while(posted_, job, spin_.load(std::memory_order_relaxed));
      job_(context_, share_);
      done_.store(job + 1);
      done_.notify_all();
    }
  }

 private:
  Team::Job job_ = nullptr;
  const void* context_ = nullptr;
  Share share_;
  std::atomic<bool> spin_ = true;
  alignas(64) std::atomic<uint32_t> posted_ = 0;
  alignas(64) std::atomic<uint32_t> done_ = 0;
};

namespace {

/// Never destroyed: workers may outlive static destruction.
class Pool {
 public:
  static Pool& instance() {
    static Pool* pool = [] {
      auto* made = new Pool;
      pthread_atfork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); }, [] { instance().reset(); });
      return made;
    }();
    return *pool;
  }

  std::vector<Worker*> lease(int wanted) {
    const std::lock_guard guard(mutex_);
    std::vector<Worker*> leased;
    while (static_cast<int>(leased.size()) < wanted && leased_ + 1 < thread_limit()) {
      if (idle_.empty() && !hire()) break;
      leased.push_back(idle_.back());
      idle_.pop_back();
      ++leased_;
    }
    return leased;
  }

  void give_back(const std::vector<Worker*>& workers) {
    const std::lock_guard guard(mutex_);
    idle_.insert(idle_.end(), workers.rbegin(), workers.rend());
    leased_ -= static_cast<int>(workers.size());
  }

  uint64_t forks() const { return forks_; }

 private:
  /// One more thread, if the system grants it. All signals stay with the program's threads.
  bool hire() {
    auto worker = std::make_unique<Worker>();
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      std::thread([w = worker.get()] { w->work(); }).detach();
    } catch (const std::system_error&) {
      worker.reset();
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (!worker) return false;
    idle_.push_back(worker.release());
    return true;
  }

  /// In a forked child no worker lives. Their objects are left alone: a team of the parent may point to them.
  void reset() {
    new (&mutex_) std::mutex;
    idle_.clear();
    leased_ = 0;
    ++forks_;
  }

  std::mutex mutex_;
  std::vector<Worker*> idle_;
  int leased_ = 0;
  uint64_t forks_ = 0;
};

}  // namespace

int thread_limit() {
  static std::atomic<int> by_default = 0;
  const int chosen = chosen_limit.load(std::memory_order_relaxed);
  return chosen > 0 ? chosen : remembered(by_default, default_limit);
}

void set_thread_limit(int threads) {
  if (threads < 0 || threads > kMaxThreads) {
    fail("expected a number of threads from 1 to ", kMaxThreads, ", or 0 for the default, received ", threads);
  }
  chosen_limit = threads;
}

void make_pool() { Pool::instance(); }

int most_threads_used() { return most_used; }

Team::Team(int wanted) {
  wanted = std::min(wanted, thread_limit());
  if (wanted <= 1) return;
  Pool& pool = Pool::instance();
  workers_ = pool.lease(wanted - 1);
  forks_ = pool.forks();
  size_ = 1 + static_cast<int>(workers_.size());
  static std::atomic<int> cores = 0;
  spin_ = size_ <= remembered(cores, available_cores);
}

Team::~Team() { give_back(); }

void Team::give_back() {
  if (!workers_.empty() && Pool::instance().forks() == forks_) Pool::instance().give_back(workers_);
  workers_.clear();
  size_ = 1;
}

void Team::run(Job job, const void* context) {
  if (size_ > 1 && Pool::instance().forks() != forks_) give_back();  // a callback forked: the workers stayed behind
  for (int rank = 1; rank < size_; ++rank)
    workers_[static_cast<size_t>(rank - 1)]->post(job, context, {rank, size_}, spin_);
  job(context, {0, size_});
  for (Worker* worker : workers_) worker->wait_until_done(spin_);
  if (size_ > most_used.load(std::memory_order_relaxed)) most_used = size_;
}

void Team::barrier() {
  if (size_ == 1) return;
  const uint32_t phase = phase_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<uint32_t>(size_)) {
    arrived_.store(0, std::memory_order_relaxed);
    phase_.store(phase + 1);
    phase_.notify_all();
  } else {
    wait_while(phase_, phase, spin_);
  }
}

}  // namespace bardana
