// fork() while other threads train and predict: the child finds every model usable, with the weights of a whole step,
// and the parent notices nothing. A child that hangs is ended by its alarm. One step adds 1 to every weight, so that a
// mixture of two steps shows.
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <shared_mutex>
#include <thread>

#include "support.h"
#include "train/model.h"

namespace bardana::test {
namespace {

constexpr int64_t kUnits = 4096;

/// Runs body() in a forked child; whether it answered true within its time.
template <class Body>
bool child_does(Body body) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(20);
    bool right = false;
    try {
      right = body();
    } catch (const std::exception&) {
    }
    _exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status == 0;
}

/// Kernel and bias begin at 0 and are equal after every step of `count` rows of ones whose targets are out of reach.
struct Counter {
  Model model{{.name = "counter", .input_shape = {1}, .layers = {dense("output", kUnits, "linear")}}};
  std::vector<float> x, y;

  explicit Counter(int64_t count = 200) : x(size_t(count), 1.0f), y(size_t(count * kUnits), 1e9f) {
    auto optimizer = std::make_shared<OptimizerState>();
    optimizer->learning_rate = double(kUnits);
    model.compile(compile_spec("mean_absolute_error"), optimizer);
  }
  Data data() const {
    Data data;
    const auto rows = static_cast<int64_t>(x.size());
    data.x = {.data = x.data(), .type = ElementType::float32, .rows = rows, .row_elements = 1, .row_shape = {1}};
    data.y = {
        .data = y.data(), .type = ElementType::float32, .rows = rows, .row_elements = kUnits, .row_shape = {kUnits}};
    return data;
  }
  void train(Hooks& hooks) { model.train_epoch(data(), {.batch_size = 1}, hooks); }
  bool can_train() {
    Hooks none;
    model.stop() = false;
    train(none);
    return true;
  }
  /// Outputs for x = 1: kernel + bias, all equal in whole steps.
  bool predicts_a_whole_step() {
    Hooks none;
    std::vector<float> output(kUnits);
    Data one = data();
    one.x.rows = 1;
    model.predict(one.x, 1, false, 0, output.data(), none);
    return std::set<float>(output.begin(), output.end()).size() == 1;
  }
  bool all_usable() { return predicts_a_whole_step() && can_train() && predicts_a_whole_step(); }
};

/// Calls work() over and over on a thread of its own.
class Busy {
 public:
  template <class Work>
  explicit Busy(Work work)
      : thread_([this, work] {
          while (!stop_) work();
        }) {}
  ~Busy() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace

// The thread sanitizer cannot follow threads that are started after a fork of a threaded process, and the address
// sanitizer's allocator keeps its locks as they were at the fork: a child hangs in it when another thread was
// allocating.
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)

TEST_CASE("a child forked while others train and predict can use every model") {
  Counter first, second;
  const Busy training([&] { first.can_train(); }), compiling([&] { second.can_train(); });
  const Busy predicting([&] { first.predicts_a_whole_step(); }), reading([&] { second.predicts_a_whole_step(); });
  for (int i = 0; i < 20; ++i) {
    CHECK(child_does([&] { return first.all_usable() && second.all_usable() && Counter().all_usable(); }));
  }
}

TEST_CASE("a hook may fork: the child may go on with its own training, which others may not") {
  struct Forks : Hooks {
    Counter* counter = nullptr;
    bool right = true;
    bool wants_batches() const override { return true; }
    void batch_end(int64_t step, const Totals&) override {
      if (step % 50 != 0) return;
      right &= child_does([&] {
        bool refused = false;
        std::thread([&] {
          try {
            counter->can_train();
          } catch (const std::runtime_error&) {
            refused = true;
          }
        }).join();
        return refused && counter->all_usable();
      });
    }
  } hooks;
  Counter counter;
  hooks.counter = &counter;
  counter.train(hooks);
  CHECK(hooks.right);
  CHECK(counter.all_usable());
}

TEST_CASE("fork does not wait for a long reading pass") {
  Counter counter;
  std::shared_lock reading(counter.model.weights_lock());
  std::thread writer([&] { const std::lock_guard waits(counter.model.weights_lock()); });
  alarm(20);
  CHECK(child_does([&] { return counter.all_usable(); }));
  alarm(0);
  reading.unlock();
  writer.join();
}

TEST_CASE("fork does no harm while models are made and destroyed") {
  const Busy making([] { Counter(1).can_train(); });
  Counter counter(10);
  for (int i = 0; i < 20; ++i) CHECK(child_does([&] { return counter.all_usable(); }));
}

#endif

}  // namespace bardana::test
