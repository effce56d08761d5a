// train::Model without Python: learning, stopping, hooks that throw, and calls from several threads.
#include "train/model.h"

#include <cfenv>
#include <set>
#include <thread>

#include "support.h"

namespace bardana::test {
namespace {

constexpr int64_t kRows = 64, kBatch = 8;

/// A tanh MLP with one hidden layer and 64 examples of y = 2 x₀ − 3 x₁ + 0.5.
struct Fixture {
  Model model;
  std::shared_ptr<OptimizerState> optimizer = std::make_shared<OptimizerState>();
  std::vector<float> x, y;

  explicit Fixture(const std::vector<std::string>& metrics = {})
      : model({.name = "mlp",
               .input_shape = {2},
               .layers = {dense("hidden", 20, "tanh"), dense("output", 1, "linear")}}) {
    Random random(1);
    for (int id = 0; id < model.variables().count(); ++id) {
      const auto values = random.list<float>(size_of(model.variables().spec(id).shape), -0.5, 0.5);
      model.variables().write(model.variables().params(), id, values.data());
    }
    x = random.list<float>(kRows * 2);
    for (size_t row = 0; row < kRows; ++row) y.push_back(2 * x[2 * row] - 3 * x[2 * row + 1] + 0.5f);
    optimizer->learning_rate = 0.1;
    model.compile(compile_spec("mean_squared_error", metrics), optimizer);
  }
  Data data(int64_t rows = kRows) const {
    Data data;
    data.x = {.data = x.data(), .type = ElementType::float32, .rows = rows, .row_elements = 2, .row_shape = {2}};
    data.y = {.data = y.data(), .type = ElementType::float32, .rows = rows, .row_elements = 1, .row_shape = {1}};
    return data;
  }
  Totals train(Hooks& hooks, int64_t rows = kRows) {
    return model.train_epoch(data(rows), {.batch_size = kBatch}, hooks);
  }
  std::vector<float> weights() {
    const std::shared_lock guard(model.weights_lock());
    std::vector<float> all;
    for (int id = 0; id < model.variables().count(); ++id) {
      std::vector<float> values(static_cast<size_t>(size_of(model.variables().spec(id).shape)));
      model.variables().read(model.variables().params(), id, values.data());
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }
  std::vector<float> predict(int64_t batch_size = kRows) {
    Hooks hooks;
    std::vector<float> output(kRows);
    model.predict(data().x, batch_size, false, 0, output.data(), hooks);
    return output;
  }
};

/// Calls a function at the end of every batch.
struct AtBatchEnd : Hooks {
  std::function<void(int64_t)> call;
  explicit AtBatchEnd(std::function<void(int64_t)> function) : call(std::move(function)) {}
  bool wants_batches() const override { return true; }
  using Hooks::batch_end;
  void batch_end(int64_t step, const Totals&) override { call(step); }
};

/// Weights after the first `steps` steps, trained without hooks.
std::vector<float> weights_after(int64_t steps) {
  Fixture fresh;
  Hooks hooks;
  fresh.train(hooks, steps * kBatch);
  return fresh.weights();
}

}  // namespace

TEST_CASE("a small MLP learns a regression") {
  Fixture f({"mean_absolute_error"});
  Hooks hooks;
  Totals totals;
  for (uint64_t epoch = 0; epoch < 300; ++epoch) {
    totals = f.model.train_epoch(f.data(), {.batch_size = kBatch, .shuffle = true, .seed = 1, .epoch = epoch}, hooks);
  }
  REQUIRE(totals.numbers.size() == 4);
  CHECK(totals.numbers[1] == kRows);
  CHECK(totals.numbers[3] == kRows);
  CHECK(totals.numbers[0] / totals.numbers[1] < 0.01);
  CHECK(f.optimizer->iterations == 300 * kRows / kBatch);
  const Totals after = f.model.evaluate(f.data(), 7, hooks);
  double sum = 0.0;
  const std::vector<float> predicted = f.predict();
  for (size_t i = 0; i < kRows; ++i) sum += std::pow(static_cast<double>(predicted[i] - f.y[i]), 2);
  CHECK(after.numbers[0] / after.numbers[1] == doctest::Approx(sum / kRows).epsilon(1e-5));
}

TEST_CASE("predictions do not depend on the batch size") {
  Fixture f;
  const std::vector<float> whole = f.predict();
  for (const int64_t batch : {1, 3, 8, 63, 1000}) CHECK(same_bits(f.predict(batch), whole));
}

TEST_CASE("one step is w − lr · gradient") {
  Fixture f;
  const std::vector<float> before = f.weights();
  std::vector<float> gradient;
  f.model.gradients(f.data(kBatch), false, 0, std::vector<float>(2 * kBatch).data(), [&](Variables& variables) {
    for (int id = 0; id < variables.count(); ++id) {
      std::vector<float> values(static_cast<size_t>(size_of(variables.spec(id).shape)));
      variables.read(variables.grads(), id, values.data());
      gradient.insert(gradient.end(), values.begin(), values.end());
    }
  });
  CHECK(same_bits(f.weights(), before));
  const std::vector<float> after = weights_after(1);
  for (size_t i = 0; i < before.size(); ++i) {  // one rounding on ISAs with fma, two on the others
    CHECK((after[i] == std::fma(-0.1f, gradient[i], before[i]) || after[i] == before[i] - 0.1f * gradient[i]));
  }
}

TEST_CASE("the stop flag ends the epoch after the running step") {
  Fixture f;
  AtBatchEnd hooks([&](int64_t step) { f.model.stop() = step == 2; });
  CHECK(f.train(hooks).numbers[1] == 3 * kBatch);
  CHECK(f.optimizer->iterations == 3);
  CHECK(same_bits(f.weights(), weights_after(3)));
}

TEST_CASE("a hook that throws leaves the weights of the last complete step, and the model usable") {
  Fixture f;
  AtBatchEnd hooks([](int64_t step) {
    if (step == 4) throw std::runtime_error("from a hook");
  });
  CHECK_THROWS_WITH_AS(f.train(hooks), "from a hook", std::runtime_error);
  CHECK(same_bits(f.weights(), weights_after(5)));
  CHECK_FALSE(f.model.training_claim().is_held());
  Hooks quiet;
  CHECK(f.train(quiet).numbers[1] == kRows);
}

TEST_CASE("poll may throw as well") {
  struct Poll : Hooks {
    bool polled = false;
    bool wants_batches() const override { return true; }
    void batch_begin(int64_t) override { std::this_thread::sleep_for(std::chrono::milliseconds(60)); }
    bool wants_poll() const override { return true; }
    void poll(int64_t, const Totals&) override {
      polled = true;
      throw std::runtime_error("interrupted");
    }
  } hooks;
  Fixture f;
  CHECK_THROWS_WITH_AS(f.train(hooks), "interrupted", std::runtime_error);
  CHECK(hooks.polled);
  CHECK_FALSE(f.model.training_claim().is_held());
  CHECK(same_bits(f.weights(), weights_after(f.optimizer->iterations)));
}

TEST_CASE("hooks may predict, evaluate, train and set weights, but not compile") {
  Fixture f;
  Hooks quiet;
  AtBatchEnd hooks([&](int64_t) {
    f.predict();
    f.model.evaluate(f.data(), kBatch, quiet);
    CHECK(f.train(quiet, 2 * kBatch).numbers[1] == 2 * kBatch);
    CHECK_THROWS_AS(f.model.compile({}, nullptr), std::runtime_error);
    const std::lock_guard guard(f.model.weights_lock());
    const float bias = 5.0f;
    f.model.variables().write(f.model.variables().params(), 3, &bias);
  });
  CHECK(f.train(hooks, kBatch).numbers[1] == kBatch);
  CHECK(f.optimizer->iterations == 3);
  CHECK(f.weights().back() == 5.0f);
  CHECK_FALSE(f.model.training_claim().is_held());
}

TEST_CASE("a second training loop on another thread is refused") {
  Fixture f;
  int refused = 0;
  AtBatchEnd hooks([&](int64_t) {
    std::thread([&] {
      Hooks quiet;
      CHECK_THROWS_AS(f.train(quiet), std::runtime_error);
      ++refused;
    }).join();
  });
  f.train(hooks);
  CHECK(refused == kRows / kBatch);
  CHECK(f.optimizer->iterations == kRows / kBatch);
}

TEST_CASE("a prediction during training sees the weights of a whole step") {
  Fixture f;
  std::set<std::vector<float>> of_whole_steps = {f.predict()}, seen;
  std::atomic<bool> done = false;
  AtBatchEnd hooks([&](int64_t) { of_whole_steps.insert(f.predict()); });
  std::atomic<int> different = 0;
  std::thread reader([&] {
    while (!done) different += seen.insert(f.predict(kBatch)).second;
  });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (different < 20 && std::chrono::steady_clock::now() < deadline) f.train(hooks);
  done = true;
  reader.join();
  CHECK(different >= 20);
  for (const auto& prediction : seen) CHECK(of_whole_steps.contains(prediction));
}

TEST_CASE("many threads may predict and evaluate while one trains") {
  Fixture f;
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      Hooks quiet;
      while (!done) {
        f.predict();
        f.model.evaluate(f.data(), kBatch, quiet);
        f.weights();
      }
    });
  }
  Hooks quiet;
  for (int epoch = 0; epoch < 200; ++epoch) f.train(quiet);
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(f.optimizer->iterations == 200 * kRows / kBatch);
}

TEST_CASE("the caller's rounding mode changes no bit and is left as it was") {
  Fixture f;
  const std::vector<float> predicted = f.predict();
  Hooks quiet;
  std::fesetround(FE_UPWARD);
  const std::vector<float> upward = f.predict();
  f.train(quiet);
  const int mode = std::fegetround();
  std::fesetround(FE_TONEAREST);
  CHECK(mode == FE_UPWARD);
  CHECK(same_bits(upward, predicted));
  CHECK(same_bits(f.weights(), weights_after(kRows / kBatch)));
}

TEST_CASE("data that does not fit is refused before the first step") {
  Fixture f;
  Hooks quiet;
  const std::vector<float> before = f.weights();
  Data wide = f.data(), short_y = f.data();
  wide.x.row_elements = 3;
  short_y.y.rows = 5;
  CHECK_THROWS_AS(f.model.train_epoch(wide, {}, quiet), std::invalid_argument);
  CHECK_THROWS_AS(f.model.evaluate(short_y, 8, quiet), std::invalid_argument);
  CHECK(same_bits(f.weights(), before));
  CHECK_FALSE(f.model.training_claim().is_held());
}

TEST_CASE("a little work is done at once, with the same bits") {
  Fixture f({"mean_absolute_error"}), patient({"mean_absolute_error"});
  Hooks hooks;
  const EpochOptions options = {.batch_size = kBatch, .shuffle = true, .seed = 3};
  const Data data = f.data(kBatch);
  std::vector<float> output(kBatch), expected(kBatch);
  CHECK_FALSE(f.model.train_at_once(data, options).has_value());  // no plan is bound yet
  CHECK_FALSE(f.model.evaluate_at_once(data, kBatch).has_value());
  CHECK_FALSE(f.model.predict_at_once(data.x, kBatch, false, 0, output.data()));
  CHECK(f.optimizer->iterations == 0);
  const Totals first = f.model.train_epoch(data, options, hooks);
  CHECK(first == patient.model.train_epoch(data, options, hooks));
  CHECK(f.model.train_at_once(data, options) == patient.model.train_epoch(data, options, hooks));
  CHECK(f.optimizer->iterations == 2);
  CHECK(same_bits(f.weights(), patient.weights()));
  const Totals evaluated = f.model.evaluate(data, kBatch, hooks);
  CHECK(f.model.evaluate_at_once(data, kBatch) == evaluated);
  f.model.predict(data.x, kBatch, false, 0, expected.data(), hooks);
  CHECK(f.model.predict_at_once(data.x, kBatch, false, 0, output.data()));
  CHECK(same_bits(output, expected));
}

TEST_CASE("nothing is done at once where it would take long or have to wait") {
  Fixture f;
  Hooks hooks;
  std::vector<float> output(kRows);
  const Data one = f.data(kBatch), several = f.data();
  f.model.train_epoch(one, {.batch_size = kBatch}, hooks);
  f.model.evaluate(one, kBatch, hooks);
  f.model.predict(one.x, kBatch, false, 0, output.data(), hooks);
  const std::vector<float> before = f.weights();
  CHECK_FALSE(f.model.train_at_once(several, {.batch_size = kBatch}).has_value());
  CHECK_FALSE(f.model.evaluate_at_once(several, kBatch).has_value());
  CHECK_FALSE(f.model.predict_at_once(several.x, kBatch, false, 0, output.data()));
  {
    const std::lock_guard writer(f.model.weights_lock());
    CHECK_FALSE(f.model.train_at_once(one, {.batch_size = kBatch}).has_value());
    CHECK_FALSE(f.model.evaluate_at_once(one, kBatch).has_value());
    CHECK_FALSE(f.model.predict_at_once(one.x, kBatch, false, 0, output.data()));
  }
  {
    const std::shared_lock reader(f.model.weights_lock());
    CHECK_FALSE(f.model.train_at_once(one, {.batch_size = kBatch}).has_value());
    CHECK(f.model.predict_at_once(one.x, kBatch, false, 0, output.data()));
  }
  CHECK(same_bits(f.weights(), before));
  const int64_t many = 100'000;  // as one batch: much work, whatever a row of the network costs
  const std::vector<float> x(2 * many);
  const Source rows = {.data = x.data(), .rows = many, .row_elements = 2, .row_shape = {2}};
  std::vector<float> outputs(many);
  f.model.predict(rows, many, false, 0, outputs.data(), hooks);
  CHECK_FALSE(f.model.predict_at_once(rows, many, false, 0, outputs.data()));
}

}  // namespace bardana::test
