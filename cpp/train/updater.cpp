#include "train/updater.h"

#include <cstring>

namespace bardana {
namespace {

Plan update_plan(const Variables& variables, const Objectives& objectives) {
  std::vector<VariableSpec> specs;
  for (VariableId id = 0; id < variables.count(); ++id) specs.push_back(variables.spec(id));
  Plan plan;
  plan.mode = Mode::train;
  plan.dtype = variables.dtype();
  plan.capacity = 1;
  plan.ops.push_back(objectives.update_of(specs.size()));
  std::get<Update>(plan.ops.back()).loss_scale = objectives.options.loss_scale;
  if (Constrain op = constrain(specs); !op.rules.empty()) plan.ops.push_back(std::move(op));
  return plan;
}

/// What a step must leave alone: weights and slots of variables without a gradient.
struct Kept {
  std::byte* at;
  std::vector<std::byte> bytes;
};

std::vector<Kept> keep(Variables& variables, const std::vector<const void*>& gradients) {
  std::vector<Kept> kept;
  const int64_t element = bytes_of(variables.dtype());
  for (VariableId id = 0; id < variables.count(); ++id) {
    if (!variables.spec(id).trainable || gradients[static_cast<size_t>(id)] != nullptr) continue;
    const int64_t offset = variables.offset(id) * element, size = variables.stored_elements(id) * element;
    const auto copy = [&](Memory& buffer) {
      std::byte* at = buffer.data() + offset;
      kept.push_back({at, {at, at + size}});
    };
    copy(variables.params());
    for (int s = 0; s < variables.slot_count(); ++s) copy(variables.slot(s));
  }
  return kept;
}

}  // namespace

void apply_gradients(Variables& variables, const Objectives& objectives, OptimizerState& optimizer,
                     const std::vector<const void*>& gradients) {
  const double rate = optimizer.next_rate();
  const Plan plan = update_plan(variables, objectives);
  const std::unique_ptr<Executable> executable = cpu_backend().prepare(plan, variables);
  const std::vector<Kept> kept = keep(variables, gradients);
  variables.grads().clear();
  for (VariableId id = 0; id < variables.count(); ++id) {
    const void* gradient = gradients[static_cast<size_t>(id)];
    if (gradient != nullptr && variables.spec(id).trainable) variables.write(variables.grads(), id, gradient);
  }
  Team team(1);
  const int64_t step = optimizer.iterations.load() + 1;
  executable->run({.rows = 1, .learning_rate = rate, .step = step}, team);
  for (const Kept& slice : kept) std::memcpy(slice.at, slice.bytes.data(), slice.bytes.size());
  optimizer.iterations.store(step);
}

void use_averages(Variables& variables, const Objectives& objectives) {
  if (!objectives.options.averages) return;
  const Memory& average = variables.slot(variables.slot_count() - 1);
  std::memcpy(variables.params().data(), average.data(),
              static_cast<size_t>(variables.trainable_elements() * bytes_of(variables.dtype())));
}

Updater::Updater(DType dtype, std::vector<VariableSpec> specs, const OptimizerSpec& spec,
                 std::shared_ptr<OptimizerState> state)
    : variables(dtype, std::move(specs)), optimizer(std::move(state)) {
  CompileSpec compile;
  compile.optimizer = spec;
  objectives = resolve(compile);
  variables.reset_slots(objectives.initial_slots());
}

}  // namespace bardana
