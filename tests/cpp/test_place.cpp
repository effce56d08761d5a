// Placement as a property: whatever the ops, tensors alive at the same time do not overlap, all of them lie aligned
// inside workspace_bytes. Plans are random; a failure prints its seed.
#include "compile/compile.h"
#include "support.h"

namespace bardana::test {
namespace {

struct Life {
  int64_t first = -1, last = -1;
};

/// First and last op that touches each tensor, worked out tensor by tensor.
std::vector<Life> lives_of(Plan& plan) {
  std::vector<Life> lives(plan.tensors.size());
  for (size_t id = 0; id < lives.size(); ++id) {
    for (size_t i = 0; i < plan.ops.size(); ++i) {
      bool touches = false;
      const auto look = [&](const char*, TensorId other, bool) { touches |= other == static_cast<TensorId>(id); };
      std::visit([&](auto& op) { op.operands(look); }, plan.ops[i]);
      if (!touches) continue;
      if (lives[id].first < 0) lives[id].first = static_cast<int64_t>(i);
      lives[id].last = static_cast<int64_t>(i);
    }
  }
  return lives;
}

/// Bytes that the tensors alive at op i take together: no placement can do with less.
int64_t bytes_alive(const Plan& plan, const std::vector<Life>& lives, int64_t i) {
  int64_t bytes = 0;
  for (size_t id = 0; id < lives.size(); ++id) {
    if (lives[id].first >= 0 && lives[id].first <= i && i <= lives[id].last) bytes += plan.tensors[id].bytes;
  }
  return bytes;
}

void check_placement(Plan& plan) {
  const std::vector<Life> lives = lives_of(plan);
  int64_t overlaps = 0, outside = 0, misaligned = 0;
  for (size_t a = 0; a < lives.size(); ++a) {
    const Tensor& x = plan.tensors[a];
    if (lives[a].first < 0) continue;
    outside += x.offset < 0 || x.offset + x.bytes > plan.workspace_bytes;
    misaligned += x.offset % 64 != 0;
    for (size_t b = 0; b < a; ++b) {
      const Tensor& y = plan.tensors[b];
      if (lives[b].first < 0 || lives[a].last < lives[b].first || lives[b].last < lives[a].first) continue;
      overlaps += x.offset < y.offset + y.bytes && y.offset < x.offset + x.bytes;
    }
  }
  CHECK(overlaps == 0);
  CHECK(outside == 0);
  CHECK(misaligned == 0);
  for (size_t i = 0; i < plan.ops.size(); ++i) {
    REQUIRE(bytes_alive(plan, lives, static_cast<int64_t>(i)) <= plan.workspace_bytes);
  }
}

Plan random_plan(Random& random) {
  Plan plan;
  const int64_t tensors = random.integer(1, 40), ops = random.integer(0, 60);
  for (int64_t i = 0; i < tensors; ++i) {
    plan.tensors.push_back({.bytes = random.integer(0, 3) == 0 ? random.integer(0, 100) : 64 * random.integer(1, 50)});
  }
  const auto any = [&] { return static_cast<TensorId>(random.integer(0, tensors - 1)); };
  const auto any_or_none = [&] { return static_cast<TensorId>(random.integer(kNone, tensors - 1)); };
  for (int64_t i = 0; i < ops; ++i) {
    switch (random.integer(0, 4)) {
      case 0: plan.ops.push_back(GatherInput{any()}); break;
      case 1: plan.ops.push_back(Repack{any(), any()}); break;
      case 2: plan.ops.push_back(Affine{.x = any(), .y = any(), .z = any_or_none(), .w = 0, .activation = {}}); break;
      case 3: plan.ops.push_back(BackInput{.dy = any(), .dx = any(), .w = 0}); break;
      default: plan.ops.push_back(Update{0, {}}); break;
    }
  }
  return plan;
}

ModelSpec random_model(Random& random) {
  const std::vector<std::string> functions = {"linear", "relu", "sigmoid", "gelu", "softmax"};
  ModelSpec spec;
  spec.name = "random";
  spec.dtype = random.integer(0, 1) == 0 ? DType::float32 : DType::float64;
  spec.input_shape = random.integer(0, 1) == 0 ? Shape{random.integer(1, 70)} : Shape{random.integer(1, 5), 6};
  for (int64_t i = 0, count = random.integer(1, 6); i < count; ++i) {
    const std::string name = "layer" + std::to_string(i);
    switch (random.integer(0, 3)) {
      case 0: spec.layers.push_back(dropout(name, 0.5, i)); break;
      case 1: spec.layers.push_back(activation(name, random.among(functions))); break;
      case 2: spec.layers.push_back(flatten(name)); break;
      default:
        spec.layers.push_back(dense(name, random.integer(1, 60), random.among(functions), random.integer(0, 3) > 0));
    }
  }
  spec.layers.push_back(dense("last", random.integer(1, 5), random.among(functions)));
  return spec;
}

}  // namespace

TEST_CASE("tensors of random op lists") {
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    Plan plan = random_plan(random);
    place(plan);
    check_placement(plan);
  }
}

TEST_CASE("tensors of random models in every mode") {
  const std::vector<std::string> objectives = {"mean_squared_error", "sparse_categorical_crossentropy",
                                               "categorical_crossentropy", "binary_crossentropy"};
  for (uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const Network network(random_model(random));
    const Objectives goals = resolve(compile_spec(random.among(objectives), {"mean_absolute_error"}));
    for (const Mode mode : {Mode::train, Mode::evaluate, Mode::predict, Mode::gradients}) {
      CAPTURE(name_of(mode));
      Plan plan = compile(network, &goals, {mode, random.integer(0, 1) == 0, random.integer(1, 9)});
      check_placement(plan);
    }
  }
}

TEST_CASE("a tensor that nobody touches takes no room") {
  Plan plan;
  plan.tensors = {{.bytes = 1 << 20}, {.bytes = 64}};
  plan.ops = {GatherInput{1}};
  place(plan);
  CHECK(plan.tensors[0].offset == -1);
  CHECK(plan.workspace_bytes == 64);
}

}  // namespace bardana::test
