// The methods of _core.Model that compute. Arguments become plain data first, then the GIL is released: Python objects
// must not be touched while other threads may run Python code. Calls of a few microseconds keep the GIL instead: taking
// it back can cost a thread milliseconds while another one runs Python code.
#include <algorithm>

#include "bindings/arrays.h"
#include "bindings/bind.h"
#include "bindings/calls.h"
#include "bindings/gil.h"
#include "bindings/host_calls.h"

namespace bardana::bindings {
namespace {

/// The data of a call with targets; the caller of the method keeps the arrays.
Data data_of(py::handle x, py::handle y, py::handle weight) {
  Data data{source_of(x, "x"), source_of(y, "y"), source_of(weight, "sample_weight")};
  if (data.x.data == nullptr) fail("x: expected a NumPy array, received None");
  if (data.y.data == nullptr) fail("y: expected an array of targets, received None");
  return data;
}

Source input_of(py::handle x) {
  if (x.is_none()) throw py::type_error("x: expected a NumPy array, received None");
  return source_of(x, "x");
}

int64_t checked_batch_size(int64_t batch_size) {
  if (batch_size <= 0) fail("batch_size: expected a positive integer, received ", batch_size);
  return batch_size;
}

int64_t required_batch_size(const Arguments& arguments, size_t place) {
  const std::optional<int64_t> given = arguments.integer(place);
  if (!given) throw py::type_error("batch_size: expected a positive integer, received None");
  return checked_batch_size(*given);
}

/// Three arguments in a row.
PythonHooks hooks_of(const Arguments& arguments, size_t place) {
  const auto hook = [&](size_t i) { return py::reinterpret_borrow<py::object>(arguments[place + i]); };
  return {hook(0), hook(1), hook(2)};
}

/// Totals of at_once() if no hook calls Python and it gives them, with the GIL in hand; else of call(), without it.
template <class AtOnce, class Call>
py::object totals_of(const PythonHooks& hooks, AtOnce at_once, Call call) {
  if (!hooks.call_python()) {
    if (const std::optional<Totals> totals = at_once()) return totals_list(*totals);
  }
  Totals totals;
  {
    const WithoutGil release;
    totals = call();
  }
  return totals_list(totals);
}

/// The rows to visit: numbers below `rows`, which the caller of the method keeps; none for None.
std::span<const int64_t> order_of(py::handle object, int64_t rows) {
  if (object.is_none()) return {};
  const Source order = source_of(object, "order");
  if (order.type != ElementType::int64 || order.row_elements != 1) fail("order: expected an int64 array of one axis");
  const std::span numbers(static_cast<const int64_t*>(order.data), static_cast<size_t>(order.rows));
  const bool fits = std::ranges::all_of(numbers, [rows](int64_t number) { return number >= 0 && number < rows; });
  if (!fits) fail("order: expected numbers of rows from 0 to ", rows - 1);
  return numbers;
}

constexpr std::array kTrainArguments = {
    "x",           "y",    "sample_weight", "batch_size", "shuffle_seed", "epoch", "on_batch_begin", "on_batch_end",
    "on_progress", "order"};
constexpr Signature kTrain = {"train_epoch", kTrainArguments, 4};

py::object train_epoch(Model& model, const Arguments& arguments) {
  const Data data = data_of(arguments[0], arguments[1], arguments[2]);
  const EpochOptions options = {required_batch_size(arguments, 3), !arguments[4].is_none(), arguments.natural(4),
                                arguments.natural(5), order_of(arguments[9], data.x.rows)};
  PythonHooks hooks = hooks_of(arguments, 6);
  return totals_of(
      hooks, [&] { return model.train_at_once(data, options); },
      [&] { return model.train_epoch(data, options, hooks); });
}

constexpr std::array kEvaluateArguments = {
    "x", "y", "sample_weight", "batch_size", "on_batch_begin", "on_batch_end", "on_progress"};
constexpr Signature kEvaluate = {"evaluate", kEvaluateArguments, 4};

py::object evaluate(Model& model, const Arguments& arguments) {
  const Data data = data_of(arguments[0], arguments[1], arguments[2]);
  const int64_t batch_size = required_batch_size(arguments, 3);
  PythonHooks hooks = hooks_of(arguments, 4);
  return totals_of(
      hooks, [&] { return model.evaluate_at_once(data, batch_size); },
      [&] { return model.evaluate(data, batch_size, hooks); });
}

struct Prediction {
  int64_t batch_size = 0;
  bool training = false;
  uint64_t call = 0;
};

void run(Model& model, const Source& x, const Prediction& p, void* output, PythonHooks& hooks) {
  if (!hooks.call_python() && model.predict_at_once(x, p.batch_size, p.training, p.call, output)) return;
  const WithoutGil release;
  model.predict(x, p.batch_size, p.training, p.call, output, hooks);
}

constexpr std::array kPredictArguments = {
    "x", "batch_size", "training", "call", "on_batch_begin", "on_batch_end", "on_progress"};
constexpr Signature kPredict = {"predict", kPredictArguments, 1};

py::object predict(Model& model, const Arguments& arguments) {
  const Source x = input_of(arguments[0]);
  PythonHooks hooks = hooks_of(arguments, 4);
  const int64_t asked = checked_batch_size(arguments.integer(1).value_or(model.comfortable_rows()));
  // Results do not depend on it, so nobody notices larger steps, unless hooks or layers in Python watch every batch.
  const bool one = hooks.wants_batches() || model.network().calls_host;
  const int64_t batches_a_step = one ? 1 : std::max<int64_t>(1, model.comfortable_rows() / asked);
  hooks.expect_outputs(model.network().dtype, model.network().output_shape, batches_a_step);
  py::array output = new_rows(model.network().dtype, x.rows, model.network().output_shape);
  run(model, x, {asked * batches_a_step, arguments.flag(2), arguments.natural(3)}, output.mutable_data(), hooks);
  return output;
}

constexpr std::array kPredictIntoArguments = {"x", "out"};
constexpr Signature kPredictInto = {"predict_into", kPredictIntoArguments, 2};

py::object predict_into(Model& model, const Arguments& arguments) {
  const Network& network = model.network();
  const Source x = input_of(arguments[0]);
  if (!equal(x.row_shape, network.input_shape)) {
    fail("x: expected shape ", to_batch_string(network.input_shape), ", received ",
         to_string(shape_of(py::reinterpret_borrow<py::array>(arguments[0]))));
  }
  void* output = output_of(arguments[1], network.dtype, x.rows, network.output_shape);
  check_apart(arguments[0], arguments[1]);
  PythonHooks hooks{py::none(), py::none(), py::none()};
  run(model, x, {.batch_size = model.comfortable_rows()}, output, hooks);
  return py::reinterpret_borrow<py::object>(arguments[1]);
}

constexpr std::array kGradientsArguments = {"x", "y", "sample_weight", "training", "call"};
constexpr Signature kGradients = {"gradients", kGradientsArguments, 3};

py::object gradients(Model& model, const Arguments& arguments) {
  const Data data = data_of(arguments[0], arguments[1], arguments[2]);
  const bool training = arguments.flag(3);
  const uint64_t call = arguments.natural(4);
  const Variables& variables = model.variables();
  py::list by_variable;
  std::vector<std::pair<VariableId, void*>> targets;
  for (VariableId id = 0; id < variables.count(); ++id) {
    if (!variables.spec(id).trainable) continue;
    py::array array = new_array(variables.dtype(), variables.spec(id).shape);
    targets.emplace_back(id, array.mutable_data());
    by_variable.append(std::move(array));
  }
  py::array dx = new_rows(variables.dtype(), data.x.rows, data.x.row_shape);
  void* dx_data = dx.mutable_data();
  double loss = 0.0;
  {
    const WithoutGil release;
    loss = model.gradients(data, training, call, dx_data, [&](Variables& owner) {
      for (const auto& [id, target] : targets) owner.read(owner.grads(), id, target);
    });
  }
  return py::make_tuple(loss, by_variable, dx);
}

constexpr std::array kIsInputArguments = {"array", "row_shape"};
constexpr Signature kIsInput = {"is_input", kIsInputArguments, 2};

py::object is_input(const Arguments& arguments) {
  return py::bool_(is_plain(arguments[0]) && has_rows_of(arguments[0], arguments[1]));
}

constexpr std::array kIsTargetArguments = {"array"};
constexpr Signature kIsTarget = {"is_target", kIsTargetArguments, 1};

py::object is_target(const Arguments& arguments) {
  return py::bool_(is_plain(arguments[0]) && element_type_of(arguments[0]) != ElementType::float16);
}

}  // namespace

void bind_runs(py::module_& module) {
  static std::array<PyMethodDef, 7> definitions;
  const py::object model = module.attr("Model");
  add_method(model, definitions[0], kTrain, method<kTrain, train_epoch>);
  add_method(model, definitions[1], kEvaluate, method<kEvaluate, evaluate>);
  add_method(model, definitions[2], kPredict, method<kPredict, predict>);
  add_method(model, definitions[3], kPredictInto, method<kPredictInto, predict_into>);
  add_method(model, definitions[4], kGradients, method<kGradients, gradients>);
  add_function(module, definitions[5], kIsInput, function<kIsInput, is_input>);
  add_function(module, definitions[6], kIsTarget, function<kIsTarget, is_target>);
}

}  // namespace bardana::bindings
