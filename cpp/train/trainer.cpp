#include "train/trainer.h"

#include <algorithm>

#include "train/batches.h"

namespace bardana {

Trainer::Trainer(Executable& executable, const Data& data, const Totals& zeros, Hooks& hooks)
    : executable_(executable), data_(data), hooks_(hooks), batch_hooks_(hooks.wants_batches()), totals_(zeros) {
  step_.x = &data_.x;
  step_.y = &data_.y;
  step_.weight = &data_.weight;
  step_.totals = totals_.numbers.data();
}

void Trainer::shuffle(uint64_t seed, uint64_t epoch) {
  order_ = permutation(data_.x.rows, seed, epoch);
  step_.order = order_.data();
}

Totals Trainer::train(int64_t batch_size, Training training, std::unique_lock<WeightsLock> guard) {
  const auto unlocked = [&](auto&& call) {
    guard.unlock();
    call();
    guard.lock();
  };
  Team team(useful_threads(batch_size));
  int64_t steps = 0;
  for (int64_t first = 0; first < data_.x.rows; first += batch_size) {
    if (first > 0) guard.mutex()->yield();
    if (batch_hooks_) unlocked([&] { hooks_.batch_begin(steps); });
    step_.first = first;
    step_.rows = std::min(batch_size, data_.x.rows - first);
    if (training.optimizer.calls_host()) {
      unlocked([&] { step_.learning_rate = training.optimizer.next_rate(); });
    } else {
      step_.learning_rate = training.optimizer.next_rate();
    }
    step_.call = training.passes++;
    step_.step = training.optimizer.iterations.load(std::memory_order_relaxed) + 1;
    executable_.run(step_, team);
    training.optimizer.iterations.store(step_.step, std::memory_order_relaxed);
    ++steps;
    if (batch_hooks_) unlocked([&] { hooks_.batch_end(steps - 1, totals_); });
    if (timer_.due() && hooks_.wants_poll()) unlocked([&] { hooks_.poll(steps, totals_); });
    if (training.stop.load(std::memory_order_relaxed)) break;
  }
  return std::move(totals_);
}

template <class Prepare>
void Trainer::visit_batches(int64_t batch_size, std::shared_lock<WeightsLock> guard, Prepare prepare) {
  Team team(useful_threads(batch_size));
  int64_t steps = 0;
  for (int64_t first = 0; first < data_.x.rows; first += batch_size) {
    if (batch_hooks_) {
      guard.unlock();
      hooks_.batch_begin(steps);
      guard.lock();
    }
    step_.first = first;
    step_.rows = std::min(batch_size, data_.x.rows - first);
    prepare();
    executable_.run(step_, team);
    ++steps;
    if (batch_hooks_) {
      guard.unlock();
      if (step_.output == nullptr) {
        hooks_.batch_end(steps - 1, totals_);
      } else {
        hooks_.batch_end(steps - 1, step_.output, step_.rows);
      }
      guard.lock();
    }
    if (timer_.due() && hooks_.wants_poll()) {
      guard.unlock();
      hooks_.poll(steps, totals_);
      guard.lock();
    }
  }
}

Totals Trainer::evaluate(int64_t batch_size, std::shared_lock<WeightsLock> guard) {
  visit_batches(batch_size, std::move(guard), [] {});
  return std::move(totals_);
}

void Trainer::predict(int64_t batch_size, uint64_t call, std::byte* output, int64_t row_bytes,
                      std::shared_lock<WeightsLock> guard) {
  step_.call = call;
  visit_batches(batch_size, std::move(guard), [&] {
    step_.first_of_call = step_.first;
    step_.output = output + step_.first * row_bytes;
  });
}

}  // namespace bardana
