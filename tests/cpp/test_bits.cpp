// The same bits for any number of threads, on every ISA with a fused multiply-add: each float32 training run ends in
// weights with one known hash. BARDANA_ISA says on which ISA this process runs.
#include <algorithm>
#include <cstdlib>

#include "common/threads.h"
#include "support.h"
#include "train/model.h"

namespace bardana::test {
namespace {

struct Run {
  const char* name;
  uint64_t hash;
  bool large;  // the cost model gives it every thread there is
  int64_t rows, batch;
  int epochs;
  int64_t inputs, outputs;
  std::vector<LayerSpec> layers;
  const char* loss;
  OptimizerSpec optimizer;
};

std::vector<Run> runs() {
  const OptimizerSpec sgd = {"sgd", {}}, momentum = {"sgd_momentum", {{"momentum", 0.875}}}, adam = {"adam", {}};
  const char *sparse = "sparse_categorical_crossentropy", *mse = "mean_squared_error";
  return {
      {"ragged",
       16466114438059338132u,
       false,
       40,
       7,
       4,
       20,
       10,
       {dense("a", 50, "gelu"), dropout("d", 0.25, 5), dense("b", 33, "tanh"), dense("c", 17, "relu"),
        dense("output", 10, "softmax")},
       sparse,
       momentum},
      {"W1 with dropout",
       12365138169379863321u,
       true,
       333,
       32,
       3,
       784,
       10,
       {dense("a", 300, "relu"), dropout("d", 0.25, 5), dense("b", 100, "relu"), dense("output", 10, "softmax")},
       sparse,
       sgd},
      {"W2",
       1025839941538109126u,
       false,
       1000,
       32,
       2,
       8,
       1,
       {dense("a", 30, "relu"), dense("output", 1, "linear")},
       mse,
       sgd},
      {"W3",
       11571167241706599067u,
       false,
       400,
       4,
       2,
       2,
       1,
       {dense("a", 4, "tanh"), dense("output", 1, "sigmoid")},
       "binary_crossentropy",
       sgd},
      {"batch normalization",
       2316133538879337250u,
       true,
       333,
       32,
       3,
       300,
       10,
       {batch_normalization("n", 0.75), dense("a", 200, "linear"), batch_normalization("m", 0.875),
        activation("f", "relu"), dropout("d", 0.25, 5), dense("b", 100, "tanh"), dense("output", 10, "softmax")},
       sparse,
       adam},
      {"noise and layer normalization",
       2447970671800302893u,
       true,
       333,
       32,
       3,
       300,
       10,
       {gaussian_noise("n", 0.25, 7), dense("a", 200, "relu"), layer_normalization("m"), dense("b", 100, "tanh"),
        dense("output", 10, "softmax")},
       sparse,
       sgd},
      {"Adam, many ragged rows",
       5440663577299946282u,
       true,
       1999,
       700,
       2,
       61,
       97,
       {dense("a", 203, "tanh"), dense("b", 130, "sigmoid"), dense("output", 97, "linear")},
       mse,
       adam},
  };
}

/// FNV-1a (Fowler, Noll, Vo) over the bytes.
uint64_t hash(const std::vector<float>& values) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const float value : values) {
    unsigned char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3u;
  }
  return hash;
}

/// Multiples of 1/1024: exact in float32 wherever they are made.
std::vector<float> dyadic(Random& random, int64_t size) {
  std::vector<float> values(static_cast<size_t>(size));
  for (float& value : values) value = static_cast<float>(random.integer(-512, 512)) / 1024.0f;
  return values;
}

/// The targets of a run: class numbers or multiples of 1/1024.
Source targets(const Run& run, Random& random, std::vector<float>& values) {
  values = dyadic(random, run.rows * run.outputs);
  const bool classes = std::string(run.loss).starts_with("sparse");
  if (std::string(run.loss) == "mean_squared_error") {
    return {.data = values.data(), .rows = run.rows, .row_elements = run.outputs, .row_shape = {run.outputs}};
  }
  for (float& value : values) {
    value = static_cast<float>(static_cast<int64_t>(std::fabs(value) * 1024.0f) % (classes ? run.outputs : 2));
  }
  if (classes) return {.data = values.data(), .rows = run.rows, .row_elements = 1, .row_shape = {}};
  return {.data = values.data(), .rows = run.rows, .row_elements = 1, .row_shape = {1}};
}

std::vector<float> train(const Run& run) {
  Model model({.name = "mlp", .input_shape = {run.inputs}, .layers = run.layers});
  Random random(1);
  for (int id = 0; id < model.variables().count(); ++id) {
    const VariableSpec& variable = model.variables().spec(id);
    auto values = dyadic(random, size_of(variable.shape));
    if (variable.name == "moving_variance") std::ranges::for_each(values, [](float& v) { v = std::fabs(v) + 0.5f; });
    model.variables().write(model.variables().params(), id, values.data());
  }
  const auto x = dyadic(random, run.rows * run.inputs);
  std::vector<float> y;
  Data data;
  data.x = {.data = x.data(), .rows = run.rows, .row_elements = run.inputs, .row_shape = {run.inputs}};
  data.y = targets(run, random, y);
  auto optimizer = std::make_shared<OptimizerState>();
  optimizer->learning_rate = 0.0625;
  CompileSpec spec = compile_spec(run.loss);
  spec.optimizer = run.optimizer;
  model.compile(spec, optimizer);
  Hooks hooks;
  for (int epoch = 0; epoch < run.epochs; ++epoch) {
    model.train_epoch(
        data, {.batch_size = run.batch, .shuffle = true, .seed = 9, .epoch = static_cast<uint64_t>(epoch)}, hooks);
  }
  std::vector<float> all;
  for (int id = 0; id < model.variables().count(); ++id) {
    std::vector<float> values(static_cast<size_t>(size_of(model.variables().spec(id).shape)));
    model.variables().read(model.variables().params(), id, values.data());
    all.insert(all.end(), values.begin(), values.end());
  }
  std::vector<float> outputs(static_cast<size_t>(run.rows * run.outputs));
  model.predict(data.x, 100, false, 0, outputs.data(), hooks);
  all.insert(all.end(), outputs.begin(), outputs.end());
  return all;
}

}  // namespace

TEST_CASE("training and predicting give the same bits on every ISA with fma, for any number of threads") {
  const char* wanted = std::getenv("BARDANA_ISA");
  REQUIRE(wanted != nullptr);
  if (find_table(wanted) == nullptr) {
    MESSAGE("not compared: this machine lacks " << wanted);
    return;
  }
  REQUIRE(std::string(cpu::active_table().isa) == wanted);
  for (const int threads : {1, 2, 3, 4}) {
    set_thread_limit(threads);
    for (const Run& run : runs()) {
      CAPTURE(threads);
      CAPTURE(std::string(run.name));
      const std::vector<float> weights = train(run);
      for (const float weight : weights) REQUIRE(std::isfinite(weight));
      CHECK(hash(weights) == run.hash);
      if (run.large) CHECK(most_threads_used() == threads);
    }
  }
  set_thread_limit(0);
}

}  // namespace bardana::test
