#include "train/model.h"

#include <algorithm>

#include "train/batches.h"
#include "train/check_data.h"
#include "train/trainer.h"

namespace bardana {

/// A bound plan for the length of one call.
class Model::Lease {
 public:
  Lease(Model& model, PlanRequest request)
      : model_(model), objectives_(model.objectives_), bound_(model.take(request)) {}
  ~Lease() { model_.give(std::move(bound_), objectives_.get()); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  Executable& operator*() { return *bound_->executable; }

 private:
  Model& model_;
  std::shared_ptr<const Objectives> objectives_;  // plans point into it
  std::unique_ptr<Bound> bound_;
};

Model::Model(const ModelSpec& spec) : network_(spec), variables_(network_.dtype, network_.all_variables()) {}

void Model::compile(const CompileSpec& spec, std::shared_ptr<OptimizerState> optimizer) {
  auto objectives = std::make_shared<const Objectives>(resolve(spec));
  if (training_.is_held()) throw std::runtime_error("compile() was called while fit() is running on this model");
  const std::lock_guard pool_guard(pool_mutex_);
  pool_.clear();
  objectives_ = std::move(objectives);
  optimizer_ = std::move(optimizer);
  variables_.reset_slots(optimizer_ ? optimizers()[static_cast<size_t>(objectives_->optimizer)].slots : 0);
}

const Objectives& Model::compiled() const {
  if (!objectives_ || !objectives_->loss) {
    fail("You must call `compile()` with a loss before training or evaluating the model '", network_.name, "'.");
  }
  return *objectives_;
}

int64_t Model::comfortable_rows() const {
  constexpr int64_t kWorkspaceBytes = 1 << 20;
  const int64_t widest = std::max(size_of(network_.input_shape), size_of(network_.output_shape));
  return std::clamp<int64_t>(kWorkspaceBytes / (widest * bytes_of(network_.dtype)), 8, 256) / 8 * 8;
}

std::unique_ptr<Model::Bound> Model::take(PlanRequest request) {
  {
    const std::lock_guard guard(pool_mutex_);
    for (auto& slot : pool_) {
      const Plan& plan = slot->plan;
      if (plan.mode != request.mode || plan.capacity < request.capacity) continue;
      if (plan.training != (request.training || request.mode == Mode::train)) continue;
      std::unique_ptr<Bound> found = std::move(slot);
      slot = std::move(pool_.back());
      pool_.pop_back();
      return found;
    }
  }
  auto bound = std::make_unique<Bound>();
  bound->plan = bardana::compile(network_, objectives_.get(), request);
  bound->executable = cpu_backend().prepare(bound->plan, variables_);
  return bound;
}

void Model::give(std::unique_ptr<Bound> bound, const Objectives* made_for) {
  constexpr size_t kPoolSize = 8;
  const std::lock_guard guard(pool_mutex_);
  if (made_for != objectives_.get()) return;  // compiled anew meanwhile
  if (pool_.size() == kPoolSize) pool_.erase(pool_.begin());
  pool_.push_back(std::move(bound));
}

Totals Model::train_epoch(const Data& data, const EpochOptions& options, Hooks& hooks) {
  const Objectives& objectives = compiled();
  if (!optimizer_) fail("model '", network_.name, "': expected an optimizer in compile(), received none");
  check_targets(network_, objectives, data.x, data.y, data.weight);
  const std::lock_guard claim(training_);
  Lease plan(*this, {Mode::train, true, std::min(options.batch_size, data.x.rows)});
  Trainer trainer(*plan, data, objectives.metrics.size(), hooks);
  if (options.shuffle) trainer.shuffle(options.seed, options.epoch);
  return trainer.train(options.batch_size, {lock_, stop_, *optimizer_, training_passes_});
}

Totals Model::evaluate(const Data& data, int64_t batch_size, Hooks& hooks) {
  const Objectives& objectives = compiled();
  check_targets(network_, objectives, data.x, data.y, data.weight);
  Lease plan(*this, {Mode::evaluate, false, std::min(batch_size, data.x.rows)});
  return Trainer(*plan, data, objectives.metrics.size(), hooks).evaluate(batch_size, lock_);
}

void Model::predict(const Source& x, int64_t batch_size, bool training, uint64_t call, void* output, Hooks& hooks) {
  check_input(network_, x);
  Lease plan(*this,
             {Mode::predict, training, std::max(std::min(batch_size, x.rows), std::min<int64_t>(8, batch_size))});
  const int64_t row_bytes = size_of(network_.output_shape) * bytes_of(network_.dtype);
  Trainer(*plan, {x, {}, {}}, 0, hooks).predict(batch_size, call, static_cast<std::byte*>(output), row_bytes, lock_);
}

double Model::gradients(const Data& data, bool training, uint64_t call, void* input_gradient,
                        const std::function<void(Variables&)>& take) {
  check_targets(network_, compiled(), data.x, data.y, data.weight);
  Totals totals(2 + 2 * objectives_->metrics.size());
  Lease plan(*this, {Mode::gradients, training, data.x.rows});
  StepInput step{.rows = data.x.rows,
                 .x = &data.x,
                 .y = &data.y,
                 .weight = &data.weight,
                 .call = call,
                 .output = input_gradient,
                 .totals = totals.data()};
  const std::lock_guard guard(lock_);
  (*plan).run(step);
  take(variables_);
  return totals[0] / totals[1];
}

std::string Model::explain(Mode mode, int64_t rows) {
  if (mode != Mode::predict) compiled();
  return describe(bardana::compile(network_, objectives_.get(), {mode, false, rows}));
}

}  // namespace bardana
