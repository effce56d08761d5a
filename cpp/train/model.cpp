#include "train/model.h"

#include <algorithm>

#include "train/batches.h"
#include "train/check_data.h"
#include "train/trainer.h"

namespace bardana {

/// A bound plan for the length of one call.
class Model::Lease {
 public:
  Lease(Model& model, const CompiledPtr& compiled, PlanRequest request)
      : model_(model), bound_(model.take(compiled, request)) {}
  ~Lease() { model_.give(std::move(bound_)); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  Executable& operator*() { return *bound_->executable; }

 private:
  Model& model_;
  std::unique_ptr<Bound> bound_;
};

Model::Model(const ModelSpec& spec) : network_(spec), variables_(network_.dtype, network_.all_variables()) {}

void Model::compile(const CompileSpec& spec, std::shared_ptr<OptimizerState> optimizer) {
  auto compiled = std::make_shared<Compiled>(Compiled{resolve(spec), std::move(optimizer)});
  training_.begin("compile()");
  const std::lock_guard claim(training_, std::adopt_lock);
  const std::lock_guard weights(lock_);
  const std::lock_guard pool(pool_mutex_);
  pool_.clear();
  variables_.reset_slots(compiled->optimizer ? optimizer_info(compiled->objectives.optimizer).slots : 0);
  compiled_ = std::move(compiled);
}

Model::CompiledPtr Model::current() {
  const std::lock_guard guard(pool_mutex_);
  return compiled_;
}

Model::CompiledPtr Model::compiled() {
  CompiledPtr compiled = current();
  if (!compiled || !compiled->objectives.loss) {
    fail("You must call `compile()` with a loss before training or evaluating the model '", network_.name, "'.");
  }
  return compiled;
}

int64_t Model::comfortable_rows() const {
  constexpr int64_t kWorkspaceBytes = 1 << 20;
  return std::clamp<int64_t>(kWorkspaceBytes / (network_.widest * bytes_of(network_.dtype)), 8, 256) / 8 * 8;
}

std::unique_ptr<Model::Bound> Model::take(const CompiledPtr& compiled, PlanRequest request) {
  {
    const std::lock_guard guard(pool_mutex_);
    for (auto& slot : pool_) {
      const Plan& plan = slot->plan;
      if (slot->made_for != compiled || plan.mode != request.mode || plan.capacity < request.capacity) continue;
      if (plan.training != (request.training || request.mode == Mode::train)) continue;
      std::unique_ptr<Bound> found = std::move(slot);
      slot = std::move(pool_.back());
      pool_.pop_back();
      return found;
    }
  }
  auto bound = std::make_unique<Bound>();
  bound->made_for = compiled;
  bound->plan = bardana::compile(network_, compiled ? &compiled->objectives : nullptr, request);
  bound->executable = cpu_backend().prepare(bound->plan, variables_);
  return bound;
}

void Model::give(std::unique_ptr<Bound> bound) {
  constexpr size_t kPoolSize = 8;
  const std::lock_guard guard(pool_mutex_);
  if (bound->made_for != compiled_) return;  // compiled anew meanwhile
  if (pool_.size() == kPoolSize) pool_.erase(pool_.begin());
  pool_.push_back(std::move(bound));
}

Totals Model::train_epoch(const Data& data, const EpochOptions& options, Hooks& hooks) {
  const std::lock_guard claim(training_);
  const CompiledPtr compiled = this->compiled();
  if (!compiled->optimizer) fail("model '", network_.name, "': expected an optimizer in compile(), received none");
  check_targets(network_, compiled->objectives, data.x, data.y, data.weight);
  Lease plan(*this, compiled, {Mode::train, true, std::min(options.batch_size, data.x.rows)});
  Trainer trainer(*plan, data, compiled->objectives.metrics.size(), hooks);
  if (options.shuffle) trainer.shuffle(options.seed, options.epoch);
  return trainer.train(options.batch_size, {lock_, stop_, *compiled->optimizer, training_passes_});
}

Totals Model::evaluate(const Data& data, int64_t batch_size, Hooks& hooks) {
  const CompiledPtr compiled = this->compiled();
  check_targets(network_, compiled->objectives, data.x, data.y, data.weight);
  Lease plan(*this, compiled, {Mode::evaluate, false, std::min(batch_size, data.x.rows)});
  return Trainer(*plan, data, compiled->objectives.metrics.size(), hooks).evaluate(batch_size, lock_);
}

void Model::predict(const Source& x, int64_t batch_size, bool training, uint64_t call, void* output, Hooks& hooks) {
  check_input(network_, x);
  Lease plan(*this, current(), {Mode::predict, training, std::min(batch_size, std::max<int64_t>(x.rows, 8))});
  const int64_t row_bytes = size_of(network_.output_shape) * bytes_of(network_.dtype);
  Trainer trainer(*plan, {x, {}, {}}, 0, hooks);
  trainer.predict(batch_size, call, static_cast<std::byte*>(output), row_bytes, lock_);
}

double Model::gradients(const Data& data, bool training, uint64_t call, void* input_gradient,
                        const std::function<void(Variables&)>& take) {
  const CompiledPtr compiled = this->compiled();
  check_targets(network_, compiled->objectives, data.x, data.y, data.weight);
  Totals totals(2 + 2 * compiled->objectives.metrics.size());
  Lease plan(*this, compiled, {Mode::gradients, training, data.x.rows});
  StepInput step{.rows = data.x.rows,
                 .x = &data.x,
                 .y = &data.y,
                 .weight = &data.weight,
                 .call = call,
                 .output = input_gradient,
                 .totals = totals.data()};
  const std::lock_guard guard(lock_);
  Team team((*plan).useful_threads(step.rows, step.rows));
  (*plan).run(step, team);
  take(variables_);
  return totals[0] / totals[1];
}

std::string Model::explain(Mode mode, int64_t rows) {
  if (rows < 1) fail("explain: expected at least 1 row, received ", rows);
  const CompiledPtr compiled = mode == Mode::predict ? current() : this->compiled();
  return describe(bardana::compile(network_, compiled ? &compiled->objectives : nullptr, {mode, false, rows}));
}

}  // namespace bardana
