// Batches that one thread reads ahead while another one takes steps: a bounded queue between them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "train/data.h"

namespace bardana {

/// One producer, one consumer. Neither needs Python's GIL. The arrays of a batch belong to its `owner`, an opaque
/// pointer that comes back through returned() once the consumer is done with it, for the producer to release.
/// In a forked child a feed is dead: the producer's thread has stayed in the parent.
class Feed {
 public:
  using Owner = void*;
  struct Batch {
    Data data;
    Owner owner = nullptr;
  };
  enum class Next { batch, end, nothing_yet };

  explicit Feed(size_t capacity);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// The producer's: put() waits for room; try_put() leaves the batch alone where there is none. After close() both
  /// keep the batch, which nobody will see.
  void put(const Batch& batch);
  bool try_put(const Batch& batch);
  void finish();  // there are no more batches
  bool closed();
  std::vector<Owner> returned();

  /// The consumer's: the next batch, which stays valid until the next take(), and whether there is one, after a while
  /// at most. std::runtime_error in a forked child.
  Next take(Data& data);
  Next wait(std::chrono::milliseconds patience);
  void close();  // it wants no more

  /// All owners that have not come back. For the destructor of whoever owns both sides.
  std::vector<Owner> all();

 private:
  bool is_full() const { return !closed_ && ready_.size() >= capacity_; }
  void append(const Batch& batch);
  bool in_child() const;
  void check_process() const;

  const size_t capacity_;
  const int forks_;  // of this process so far
  std::mutex mutex_;
  std::condition_variable filled_, emptied_;
  std::deque<Batch> ready_;
  Owner current_ = nullptr;
  std::vector<Owner> returned_;
  bool finished_ = false, closed_ = false;
};

}  // namespace bardana
