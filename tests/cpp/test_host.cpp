// Calls of the host: what a plan with them looks like, what the host sees, and what remains of a step that fails.
#include "model/host.h"

#include <numeric>
#include <thread>

#include "support.h"
#include "train/host_scope.h"
#include "train/model.h"

namespace bardana::test {
namespace {

using Function = std::function<void(const HostStep&, const std::vector<HostArray>&, const std::vector<HostArray>&)>;

class TestHost : public Host {
 public:
  TestHost(std::string name, Function function) : name_(std::move(name)), function_(std::move(function)) {}
  void call(const HostStep& step, const std::vector<HostArray>& inputs,
            const std::vector<HostArray>& outputs) override {
    function_(step, inputs, outputs);
  }
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  Function function_;
};

HostPtr host(const std::string& name, Function function) {
  return std::make_shared<TestHost>(name, std::move(function));
}

std::vector<float> floats(const HostArray& array) {
  std::vector<float> values(static_cast<size_t>(size_of(array.shape)));
  array.read(values.data());
  return values;
}

/// y = 2 x, and dx = 2 dy.
void twice(const HostStep&, const std::vector<HostArray>& inputs, const std::vector<HostArray>& outputs) {
  if (outputs[0].data == nullptr) return;
  std::vector<float> values = floats(inputs[0]);
  for (float& value : values) value *= 2.0f;
  outputs[0].write(values.data());
}

LayerSpec host_layer(const std::string& name, const Shape& shape, HostPtr forward, HostPtr backward) {
  LayerSpec spec = layer("Custom", name, {});
  spec.host = HostLayerSpec{std::move(forward), std::move(backward), shape, {}};
  return spec;
}

constexpr int64_t kRows = 64;

/// Dense(20), a layer that doubles, Dense(3).
struct Fixture {
  Model model;
  std::shared_ptr<OptimizerState> optimizer = std::make_shared<OptimizerState>();
  std::vector<float> x, y;

  explicit Fixture(HostPtr forward = host("forward", twice), HostPtr backward = host("backward", twice),
                   const CompileSpec& spec = compile_spec("mean_squared_error"))
      : model({.name = "mlp",
               .input_shape = {2},
               .layers = {dense("hidden", 20, "tanh"),
                          host_layer("double", {20}, std::move(forward), std::move(backward)),
                          dense("output", 3, "linear")}}) {
    Random random(1);
    for (int id = 0; id < model.variables().count(); ++id) {
      const auto values = random.list<float>(size_of(model.variables().spec(id).shape), -0.5, 0.5);
      model.variables().write(model.variables().params(), id, values.data());
    }
    x = random.list<float>(kRows * 2);
    y = random.list<float>(kRows * 3);
    optimizer->learning_rate = 0.1;
    model.compile(spec, optimizer);
  }
  Data data(int64_t rows = kRows) const {
    Data data;
    data.x = {.data = x.data(), .type = ElementType::float32, .rows = rows, .row_elements = 2, .row_shape = {2}};
    data.y = {.data = y.data(), .type = ElementType::float32, .rows = rows, .row_elements = 3, .row_shape = {3}};
    return data;
  }
  Totals train(int64_t rows = kRows, int64_t batch_size = 8) {
    Hooks hooks;
    return model.train_epoch(data(rows), {.batch_size = batch_size}, hooks);
  }
  std::vector<float> weights() {
    std::vector<float> all(static_cast<size_t>(model.variables().params().bytes()) / sizeof(float));
    std::memcpy(all.data(), model.variables().params().data(), all.size() * sizeof(float));
    return all;
  }
};

struct Broken : std::runtime_error {
  Broken() : std::runtime_error("broken") {}
};

/// `function` until it has been called `calls` times, then an exception.
Function breaking_after(int calls, Function function) {
  return [=, left = calls](const HostStep& step, const auto& inputs, const auto& outputs) mutable {
    if (left-- == 0) throw Broken();
    function(step, inputs, outputs);
  };
}

HostPtr counting(std::shared_ptr<int> calls) {
  return host("count", [calls](const HostStep&, const auto&, const auto& outputs) {
    ++*calls;
    const double one = 1.0;
    outputs.back().write(&one);
  });
}

CompileSpec with_metric(HostPtr metric) {
  CompileSpec spec = compile_spec("mean_squared_error");
  spec.metrics.push_back({.function = "host", .parameters = {}, .host = std::move(metric), .host_state_size = 1});
  return spec;
}

}  // namespace

TEST_CASE("a plan shows its calls, and plain SGD is folded only before none of them") {
  Fixture f;
  const std::string layers = f.model.explain(Mode::train, 4);
  CHECK(layers.find("host_call          x=t2[rowsx20]") != std::string::npos);
  CHECK(layers.find(" f=forward\n") != std::string::npos);
  CHECK(layers.find(" f=backward\n") != std::string::npos);
  CHECK(layers.find("updated") == std::string::npos);
  CHECK(layers.find("update             f=sgd") != std::string::npos);

  Model mlp({.name = "mlp", .input_shape = {2}, .layers = {dense("output", 3, "linear")}});
  mlp.compile(with_metric(counting(std::make_shared<int>())), f.optimizer);
  const std::string metric = mlp.explain(Mode::train, 4);
  CHECK(metric.find(" f=count target") != std::string::npos);
  CHECK(metric.find("updated") != std::string::npos);
}

TEST_CASE("a layer of the host's computes what native ones do, in teams of any size") {
  const auto trained = [](int threads) {
    set_thread_limit(threads);
    Fixture f;
    for (int epoch = 0; epoch < 3; ++epoch) f.train(kRows, 24);  // the last batch has 16 rows
    set_thread_limit(0);
    return f.weights();
  };
  const std::vector<float> alone = trained(1);
  for (const int threads : {2, 3}) CHECK(same_bits(trained(threads), alone));

  // Dense(tanh), ·2, Dense(w) is Dense(tanh), Dense(2 w): the same loss.
  Fixture f;
  Model twin(
      {.name = "twin", .input_shape = {2}, .layers = {dense("hidden", 20, "tanh"), dense("output", 3, "linear")}});
  for (int id = 0; id < 4; ++id) {
    std::vector<float> values(static_cast<size_t>(size_of(twin.variables().spec(id).shape)));
    f.model.variables().read(f.model.variables().params(), id, values.data());
    if (id == 2) std::ranges::transform(values, values.begin(), [](float w) { return 2 * w; });
    twin.variables().write(twin.variables().params(), id, values.data());
  }
  twin.compile(compile_spec("mean_squared_error"), f.optimizer);
  Hooks hooks;
  const Totals own = f.model.evaluate(f.data(), 24, hooks), other = twin.evaluate(f.data(), 24, hooks);
  CHECK(own.numbers[0] == doctest::Approx(other.numbers[0]).epsilon(1e-6));
}

TEST_CASE("the host sees rows without padding, targets in the user's order, and may skip dx") {
  std::vector<Shape> shapes;
  std::vector<float> targets;
  bool wants_dx = true;
  const auto looking = [&](const HostStep& step, const auto& inputs, const auto& outputs) {
    CHECK(step.training);
    for (const HostArray& input : inputs) shapes.push_back(input.shape);
    targets = floats(inputs[1]);
    const double state = 3.0;
    outputs[1].write(&state);
  };
  Model model(
      {.name = "first",
       .input_shape = {2},
       .layers = {host_layer("double", {2}, host("forward", twice),
                             host("backward", [&](const HostStep&, const auto&,
                                                  const auto& outputs) { wants_dx = outputs[0].data != nullptr; })),
                  dense("output", 3, "linear")}});
  Fixture f;
  model.compile(with_metric(host("look", looking)), f.optimizer);
  const std::vector<int64_t> order = {5, 3, 60};
  Hooks hooks;
  const Totals totals = model.train_epoch(f.data(), {.batch_size = 8, .order = order}, hooks);
  CHECK(shapes == std::vector<Shape>{{3, 3}, {3, 3}});
  for (size_t row = 0; row < 3; ++row) {
    for (size_t i = 0; i < 3; ++i) CHECK(targets[3 * row + i] == f.y[3 * static_cast<size_t>(order[row]) + i]);
  }
  CHECK(totals.numbers.back() == 3.0);
  CHECK(wants_dx);  // not called: nothing before the layer learns
}

TEST_CASE("a call that fails leaves the weights of the last complete step, whatever the team") {
  for (const int threads : {1, 2, 3}) {
    for (const bool forward : {true, false}) {
      set_thread_limit(threads);
      const HostPtr broken = host("broken", breaking_after(3, twice)), whole = host("whole", twice);
      Fixture f(forward ? broken : whole, forward ? whole : broken), twin;
      CHECK_THROWS_AS(f.train(), Broken);
      twin.train(3 * 8);
      CHECK(f.optimizer->iterations == 3);
      CHECK(same_bits(f.weights(), twin.weights()));
      set_thread_limit(0);
    }
  }
}

TEST_CASE("a team of several leaves a failing step together") {
  Variables variables(DType::float32, {{"w", {600, 600}}});
  for (const int fails_at : {0, 1, 2}) {
    Plan plan;
    plan.mode = Mode::train;
    plan.capacity = 64;
    Builder builder(plan);
    const TensorId x = builder.batch(1, 600), y = builder.batch(1, 600), z = builder.batch(1, 600);
    int number = 0, after = 0;
    const auto add = [&](TensorId from, TensorId to) {
      HostCall op{.host = {}, .x = from, .y = to, .x_shape = {600}, .y_shape = {600}};
      op.host = host("step", [&, at = number++](const HostStep&, const auto&, const auto&) {
        if (at == fails_at) throw Broken();
        after += at > fails_at;
      });
      builder.add(op);
    };
    builder.add(Zero{x});
    add(x, y), add(y, z);
    builder.add(Affine{.x = z, .y = x, .w = 0, .activation = {}});
    add(x, y);
    place(plan);
    const std::unique_ptr<Executable> executable = cpu_backend().prepare(plan, variables);
    CHECK(executable->calls_host());
    set_thread_limit(3);
    for (int repeat = 0; repeat < 50; ++repeat) {
      Team team(3);
      CHECK_THROWS_AS(executable->run({.rows = 64}, team), Broken);
    }
    set_thread_limit(0);
    CHECK(after == 0);
  }
}

TEST_CASE("code inside a step passes the lock; what it wrote is taken back if the step fails") {
  Fixture f;
  const std::vector<float> before = f.weights();
  const std::vector<float> ones(60, 1.0f);
  const auto write = [&](bool fails) {
    const std::lock_guard guard(f.model.weights_lock());
    HostScope scope(f.model.weights_lock(), &f.model.variables());
    const std::lock_guard inner(f.model.weights_lock());
    const std::shared_lock reading(f.model.weights_lock());
    f.model.about_to_write(2);
    f.model.variables().write(f.model.variables().params(), 2, ones.data());
    if (!fails) scope.commit();
  };
  write(true);
  CHECK(same_bits(f.weights(), before));
  write(false);
  CHECK(!same_bits(f.weights(), before));
  std::thread([&] {
    CHECK(!f.model.weights_lock().passes());
    const std::lock_guard guard(f.model.weights_lock());
  }).join();

  const std::shared_lock guard(f.model.weights_lock());
  HostScope scope(f.model.weights_lock(), nullptr);
  CHECK_THROWS_AS(f.model.about_to_write(2), std::runtime_error);
  CHECK_THROWS_AS(f.train(), std::runtime_error);
}

}  // namespace bardana::test
