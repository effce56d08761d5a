#include "train/trainer.h"

#include "train/host_scope.h"

namespace bardana {
namespace {

/// Runs work without the lock that guard holds.
template <class Guard>
auto without(Guard& guard) {
  return [&guard](auto&& work) {
    guard.unlock();
    work();
    guard.lock();
  };
}

}  // namespace

Trainer::Trainer(const Totals& zeros, Hooks& hooks)
    : hooks_(hooks), batch_hooks_(hooks.wants_batches()), totals_(zeros) {
  step_.totals = totals_.numbers.data();
}

void Trainer::use(Executable& executable, int64_t rows, int64_t total_rows) {
  executable_ = &executable;
  team_.emplace(executable.useful_threads(rows, total_rows));
}

template <class Batches>
void Trainer::train(Batches batches, Training training, std::unique_lock<WeightsLock> guard) {
  const auto unlocked = without(guard);
  batches.begin(step_);
  while (batches.more()) {
    if (steps_ > 0) guard.mutex()->yield();
    if (batch_hooks_) unlocked([&] { hooks_.batch_begin(steps_); });
    if (!batches.next(step_, unlocked)) break;
    if (training.optimizer.calls_host()) {
      unlocked([&] { step_.learning_rate = training.optimizer.next_rate(); });
    } else {
      step_.learning_rate = training.optimizer.next_rate();
    }
    step_.call = training.passes++;
    step_.step = training.optimizer.iterations.load(std::memory_order_relaxed) + 1;
    run_step(*executable_, step_, *team_, *guard.mutex(), &training.variables);
    training.optimizer.iterations.store(step_.step, std::memory_order_relaxed);
    ++steps_;
    if (batch_hooks_) unlocked([&] { hooks_.batch_end(steps_ - 1, totals_); });
    if (timer_.due() && hooks_.wants_poll()) unlocked([&] { hooks_.poll(steps_, totals_); });
    if (training.stop.load(std::memory_order_relaxed)) break;
  }
}

template <class Batches, class Prepare>
void Trainer::visit_batches(Batches& batches, std::shared_lock<WeightsLock> guard, Prepare prepare) {
  const auto unlocked = without(guard);
  batches.begin(step_);
  while (batches.more()) {
    if (batch_hooks_) unlocked([&] { hooks_.batch_begin(steps_); });
    if (!batches.next(step_, unlocked)) break;
    prepare();
    run_step(*executable_, step_, *team_, *guard.mutex(), nullptr);
    ++steps_;
    if (batch_hooks_) {
      unlocked([&] {
        if (step_.output == nullptr) {
          hooks_.batch_end(steps_ - 1, totals_);
        } else {
          hooks_.batch_end(steps_ - 1, step_.output, step_.rows);
        }
      });
    }
    if (timer_.due() && hooks_.wants_poll()) unlocked([&] { hooks_.poll(steps_, totals_); });
  }
}

template <class Batches>
void Trainer::evaluate(Batches batches, std::shared_lock<WeightsLock> guard) {
  visit_batches(batches, std::move(guard), [] {});
}

template <class Batches>
void Trainer::predict(Batches batches, uint64_t call, const std::function<std::byte*(const StepInput&)>& place,
                      std::shared_lock<WeightsLock> guard) {
  step_.call = call;
  visit_batches(batches, std::move(guard), [&] {
    step_.first_of_call = step_.first;
    step_.output = place(step_);
  });
}

template void Trainer::train(ArrayBatches, Training, std::unique_lock<WeightsLock>);
template void Trainer::train(FedBatches, Training, std::unique_lock<WeightsLock>);
template void Trainer::evaluate(ArrayBatches, std::shared_lock<WeightsLock>);
template void Trainer::evaluate(FedBatches, std::shared_lock<WeightsLock>);
template void Trainer::predict(ArrayBatches, uint64_t, const std::function<std::byte*(const StepInput&)>&,
                               std::shared_lock<WeightsLock>);
template void Trainer::predict(FedBatches, uint64_t, const std::function<std::byte*(const StepInput&)>&,
                               std::shared_lock<WeightsLock>);

}  // namespace bardana
