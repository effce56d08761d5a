// The same bits on every ISA with a fused multiply-add: a float32 training run with ragged shapes, dropout, momentum
// and shuffling ends in weights with one known hash. BARDANA_ISA says on which ISA this process runs.
#include <cstdlib>

#include "support.h"
#include "train/model.h"

namespace bardana::test {
namespace {

constexpr int64_t kRows = 40, kInputs = 20, kClasses = 10;
constexpr uint64_t kHash = 727022952285058447u;

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

std::vector<float> train() {
  Model model({.name = "mlp",
               .input_shape = {kInputs},
               .layers = {dense("a", 50, "gelu"), dropout("d", 0.25, 5), dense("b", 33, "tanh"), dense("c", 17, "relu"),
                          dense("output", kClasses, "softmax")}});
  Random random(1);
  for (int id = 0; id < model.variables().count(); ++id) {
    const auto values = dyadic(random, size_of(model.variables().spec(id).shape));
    model.variables().write(model.variables().params(), id, values.data());
  }
  const auto x = dyadic(random, kRows * kInputs);
  std::vector<int32_t> y;
  for (int64_t row = 0; row < kRows; ++row) y.push_back(static_cast<int32_t>(random.integer(0, kClasses - 1)));
  auto optimizer = std::make_shared<OptimizerState>(OptimizerSpec{"sgd_momentum", {{"momentum", 0.875}}});
  optimizer->learning_rate = 0.0625;
  CompileSpec spec = compile_spec("sparse_categorical_crossentropy");
  spec.optimizer = optimizer->spec;
  model.compile(spec, optimizer);
  Data data;
  data.x = {
      .data = x.data(), .type = ElementType::float32, .rows = kRows, .row_elements = kInputs, .row_shape = {kInputs}};
  data.y = {.data = y.data(), .type = ElementType::int32, .rows = kRows, .row_elements = 1, .row_shape = {}};
  Hooks hooks;
  for (uint64_t epoch = 0; epoch < 4; ++epoch) {
    model.train_epoch(data, {.batch_size = 7, .shuffle = true, .seed = 9, .epoch = epoch}, hooks);
  }
  std::vector<float> all;
  for (int id = 0; id < model.variables().count(); ++id) {
    std::vector<float> values(static_cast<size_t>(size_of(model.variables().spec(id).shape)));
    model.variables().read(model.variables().params(), id, values.data());
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

}  // namespace

TEST_CASE("training ends in the same bits on every ISA with fma") {
  const char* wanted = std::getenv("BARDANA_ISA");
  REQUIRE(wanted != nullptr);
  if (find_table(wanted) == nullptr) {
    MESSAGE("not compared: this machine lacks " << wanted);
    return;
  }
  REQUIRE(std::string(cpu::active_table().isa) == wanted);
  const std::vector<float> weights = train();
  for (const float weight : weights) REQUIRE(std::isfinite(weight));
  CHECK(hash(weights) == kHash);
}

}  // namespace bardana::test
