#include "train/feed.h"

#include <pthread.h>

#include <atomic>
#include <stdexcept>
#include <utility>

namespace bardana {
namespace {

/// How often fork() has led to this process.
std::atomic<int> forks = 0;
[[maybe_unused]] const int registered = pthread_atfork(nullptr, nullptr, [] { ++forks; });

}  // namespace

Feed::Feed(size_t capacity) : capacity_(capacity), forks_(forks) {}

Feed::~Feed() {
  if (!in_child()) return;
  // Threads that wait in the parent are no threads here; destroying what they wait for would wait for them.
  new (&filled_) std::condition_variable;
  new (&emptied_) std::condition_variable;
}

void Feed::append(const Batch& batch) {
  ready_.push_back(batch);
  filled_.notify_one();
}

bool Feed::in_child() const { return forks != forks_; }

void Feed::put(const Batch& batch) {
  if (in_child()) return;
  std::unique_lock guard(mutex_);
  emptied_.wait(guard, [&] { return !is_full(); });
  append(batch);
}

bool Feed::try_put(const Batch& batch) {
  if (in_child()) return false;
  const std::lock_guard guard(mutex_);
  if (is_full()) return false;
  append(batch);
  return true;
}

void Feed::finish() {
  if (in_child()) return;
  const std::lock_guard guard(mutex_);
  finished_ = true;
  filled_.notify_one();
}

bool Feed::closed() {
  if (in_child()) return true;
  const std::lock_guard guard(mutex_);
  return closed_;
}

std::vector<Feed::Owner> Feed::returned() {
  if (in_child()) return {};
  const std::lock_guard guard(mutex_);
  return std::exchange(returned_, {});
}

Feed::Next Feed::wait(std::chrono::milliseconds patience) {
  check_process();
  std::unique_lock guard(mutex_);
  filled_.wait_for(guard, patience, [&] { return !ready_.empty() || finished_; });
  return !ready_.empty() ? Next::batch : finished_ ? Next::end : Next::nothing_yet;
}

void Feed::check_process() const {
  if (in_child()) {
    throw std::runtime_error(
        "expected the process that began to read the data, received a forked child of it, where the thread that reads "
        "them does not exist");
  }
}

Feed::Next Feed::take(Data& data) {
  check_process();
  const std::lock_guard guard(mutex_);
  if (current_ != nullptr) returned_.push_back(std::exchange(current_, nullptr));
  if (ready_.empty()) return finished_ ? Next::end : Next::nothing_yet;
  data = ready_.front().data;
  current_ = ready_.front().owner;
  ready_.pop_front();
  // Not at every batch: a producer that fills the whole queue at a time costs fewer changes of threads.
  if (ready_.size() <= capacity_ / 2) emptied_.notify_one();
  return Next::batch;
}

void Feed::close() {
  if (in_child()) return;
  const std::lock_guard guard(mutex_);
  closed_ = true;
  emptied_.notify_one();
}

std::vector<Feed::Owner> Feed::all() {
  std::vector<Owner> owners = std::move(returned_);
  if (current_ != nullptr) owners.push_back(current_);
  for (const Batch& batch : ready_) owners.push_back(batch.owner);
  ready_.clear();
  current_ = nullptr;
  return owners;
}

}  // namespace bardana
