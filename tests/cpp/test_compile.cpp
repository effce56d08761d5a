// Golden plans: describe() of small models, compared whole with golden/*.txt. BARDANA_UPDATE_GOLDEN=1 writes the files
// anew; look at the difference before you keep it.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "compile/compile.h"
#include "support.h"

namespace bardana::test {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void check_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(BARDANA_GOLDEN_DIR) + "/" + name + ".txt";
  if (std::getenv("BARDANA_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  const std::string expected = read_file(path);
  const bool equal = text == expected;
  CHECK_MESSAGE(equal, path, "\nexpected:\n", expected, "\nreceived:\n", text);
}

std::string plan_text(const ModelSpec& model, const CompileSpec& spec, PlanRequest request) {
  const Objectives objectives = resolve(spec);
  return describe(compile(Network(model), &objectives, request));
}

ModelSpec model_of(Shape input_shape, std::vector<LayerSpec> layers, DType dtype = DType::float32) {
  return {.name = "model", .dtype = dtype, .input_shape = std::move(input_shape), .layers = std::move(layers)};
}

}  // namespace

TEST_CASE("relu MLP with sparse cross-entropy: one affine op a layer, the loss reads logits") {
  const ModelSpec model = model_of({784}, {dense("hidden", 128, "relu"), dense("output", 10, "softmax")});
  const CompileSpec spec = compile_spec("sparse_categorical_crossentropy", {"sparse_categorical_accuracy"});
  check_golden("mlp_train", plan_text(model, spec, {Mode::train, true, 32}));
  check_golden("mlp_evaluate", plan_text(model, spec, {Mode::evaluate, false, 32}));
  check_golden("mlp_predict", plan_text(model, spec, {Mode::predict, false, 32}));
  check_golden("mlp_gradients", plan_text(model, spec, {Mode::gradients, false, 32}));
}

TEST_CASE("gelu keeps z for its derivative, and only when there is one") {
  const ModelSpec model = model_of({20}, {dense("hidden", 30, "gelu"), dense("output", 1, "linear")}, DType::float64);
  check_golden("gelu_train", plan_text(model, compile_spec("mean_squared_error"), {Mode::train, true, 8}));
  check_golden("gelu_evaluate", plan_text(model, compile_spec("mean_squared_error"), {Mode::evaluate, false, 8}));
}

TEST_CASE("sigmoid with binary cross-entropy: the loss reads the logits, the metric the probabilities") {
  const ModelSpec model = model_of({20}, {dense("output", 1, "sigmoid")});
  check_golden("sigmoid_train",
               plan_text(model, compile_spec("binary_crossentropy", {"binary_accuracy"}), {Mode::train, true, 8}));
}

TEST_CASE(
    "metrics with a state of their own read probabilities, or through a sigmoid of their own; weighted ones the "
    "weights") {
  const ModelSpec model = model_of({20}, {dense("output", 2, "sigmoid")});
  CompileSpec spec = compile_spec("binary_crossentropy", {"binary_accuracy", "threshold_counts", "threshold_counts"});
  spec.metrics[0].weighted = spec.metrics[2].weighted = spec.metrics[2].from_logits = true;
  spec.metrics[1].lists["thresholds"] = spec.metrics[2].lists["thresholds"] = {0.25, 0.5};
  check_golden("tally_evaluate", plan_text(model, spec, {Mode::evaluate, false, 8}));
}

TEST_CASE("dropout is in training plans alone") {
  const ModelSpec model =
      model_of({20}, {dense("hidden", 30, "relu"), dropout("drop", 0.25, 7), dense("output", 3, "linear")});
  const CompileSpec spec = compile_spec("mean_squared_error");
  check_golden("dropout_train", plan_text(model, spec, {Mode::train, true, 8}));
  check_golden("dropout_evaluate", plan_text(model, spec, {Mode::evaluate, false, 8}));
  check_golden("dropout_predict_training", plan_text(model, spec, {Mode::predict, true, 8}));
}

TEST_CASE("batch normalization: averages move in training alone, last of all") {
  const ModelSpec model =
      model_of({20}, {batch_normalization("first", 0.5), dense("hidden", 30, "linear"),
                      batch_normalization("second", 0.75), activation("relu", "relu"), dense("output", 3, "linear")});
  const CompileSpec spec = compile_spec("mean_squared_error");
  check_golden("batch_normalization_train", plan_text(model, spec, {Mode::train, true, 8}));
  check_golden("batch_normalization_gradients", plan_text(model, spec, {Mode::gradients, true, 8}));
  check_golden("batch_normalization_evaluate", plan_text(model, spec, {Mode::evaluate, false, 8}));
  check_golden("batch_normalization_predict_training", plan_text(model, spec, {Mode::predict, true, 8}));
}

TEST_CASE("a penalty on a softmax: its gradient alone goes through the softmax") {
  ModelSpec model = model_of({20}, {dense("hidden", 30, "relu"), dense("output", 3, "softmax")});
  model.layers[0].activity = {.l1 = 0.5};
  model.layers[1].activity = {.l2 = 0.25};
  const CompileSpec spec = compile_spec("categorical_crossentropy");
  check_golden("activity_train", plan_text(model, spec, {Mode::train, true, 8}));
  check_golden("activity_evaluate", plan_text(model, spec, {Mode::evaluate, false, 8}));
}

TEST_CASE("layer normalization and noise") {
  const ModelSpec model = model_of({20}, {gaussian_noise("noise", 0.5, 7), dense("hidden", 30, "relu"),
                                          layer_normalization("norm"), dense("output", 3, "linear")});
  check_golden("layer_normalization_train",
               plan_text(model, compile_spec("mean_squared_error"), {Mode::train, true, 8}));
}

TEST_CASE("dense over the last of three axes, then flatten: the groups are repacked") {
  const ModelSpec model = model_of({4, 6}, {dense("each", 5, "tanh"), flatten("flat"), dense("output", 2, "softmax")});
  check_golden("rank3_train", plan_text(model, compile_spec("categorical_crossentropy"), {Mode::train, true, 8}));
  check_golden("rank3_predict", plan_text(model, compile_spec("categorical_crossentropy"), {Mode::predict, false, 8}));
}

TEST_CASE("no backward pass before the first layer that learns") {
  const ModelSpec model = model_of(
      {6}, {dense("frozen", 5, "tanh", false), dense("hidden", 4, "relu"), dense("output", 2, "linear", false)});
  check_golden("frozen_train", plan_text(model, compile_spec("mean_squared_error"), {Mode::train, true, 8}));
}

TEST_CASE("penalties come between backward and update, constraints after it; plain SGD is then an op of its own") {
  ModelSpec model = model_of({6}, {dense("hidden", 4, "relu"), dense("output", 2, "linear")});
  model.layers[0].variables["kernel"] = {.l1 = 0.5, .l2 = 0.25};
  model.layers[1].variables["bias"].constraint = ConstraintSpec{"max_norm", {{"max_value", 3.0}}, {{0}}};
  check_golden("regularized_train", plan_text(model, compile_spec("mean_squared_error"), {Mode::train, true, 8}));
  check_golden("regularized_evaluate",
               plan_text(model, compile_spec("mean_squared_error"), {Mode::evaluate, false, 8}));
  model.layers[1].variables["bias"].constraint->axes = {{1}};
  CHECK_THROWS_WITH_AS(plan_text(model, compile_spec("mean_squared_error"), {Mode::train, true, 8}),
                       "variable 'bias' of shape (2,): expected a constraint over its axes, received axis 1",
                       std::invalid_argument);
}

TEST_CASE("inputs that serve as row numbers are read as such; the table's step is folded") {
  const ModelSpec model = model_of({7}, {embedding("table", 100, 50), flatten("flat"), dense("output", 1, "linear")});
  check_golden("embedding_train", plan_text(model, compile_spec("mean_squared_error"), {Mode::train, true, 8}));
  check_golden("embedding_gradients",
               plan_text(model, compile_spec("mean_squared_error"), {Mode::gradients, false, 8}));
}

TEST_CASE("row numbers that a layer computes are turned, and get no gradient") {
  const ModelSpec model = model_of(
      {7}, {normalization("norm"), discretization("bins", {0.0, 1.0}), embedding("table", 3, 5), flatten("flat")});
  check_golden("bins_train", plan_text(model, compile_spec("mean_squared_error"), {Mode::train, true, 8}));
  check_golden("bins_gradients", plan_text(model, compile_spec("mean_squared_error"), {Mode::gradients, false, 8}));
}

TEST_CASE("names that do not resolve are refused with the names there are") {
  CHECK_THROWS_WITH_AS(resolve(compile_spec("accuracy")),
                       "expected a loss with a gradient, received the metric 'accuracy'", std::invalid_argument);
  CHECK_THROWS_AS(resolve(compile_spec("mean_square")), std::invalid_argument);
  CompileSpec spec = compile_spec("huber");
  spec.loss->parameters = {{"beta", 1.0}};
  CHECK_THROWS_WITH_AS(resolve(spec), "huber: unknown parameter 'beta'", std::invalid_argument);
}

}  // namespace bardana::test
