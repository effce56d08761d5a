// Long because every way into a model takes its claim and its locks here, where their order can be seen at once.
#include "train/model.h"

#include <algorithm>
#include <numeric>

#include "train/batches.h"
#include "train/check_data.h"
#include "train/host_scope.h"
#include "train/trainer.h"
#include "train/updater.h"

namespace bardana {

/// A bound plan for the length of one call.
class Model::Lease {
 public:
  Lease(Model& model, const CompiledPtr& compiled, PlanRequest request) : Lease(model, model.take(compiled, request)) {
    if (!bound_) bound_ = model.bind(compiled, request);
  }
  /// False where the pool has no such plan.
  static Lease if_bound(Model& model, const CompiledPtr& compiled, PlanRequest request) {
    return {model, model.take(compiled, request)};
  }
  ~Lease() {
    if (bound_) model_.give(std::move(bound_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  explicit operator bool() const { return bound_ != nullptr; }
  Executable& operator*() const { return *bound_->executable; }

 private:
  Lease(Model& model, std::unique_ptr<Bound> bound) : model_(model), bound_(std::move(bound)) {}

  Model& model_;
  std::unique_ptr<Bound> bound_;
};

Model::Model(const ModelSpec& spec) : network_(spec), variables_(network_.dtype, network_.all_variables()) {}

namespace {

Totals zero_totals(const Network& network, const Objectives& objectives) {
  std::vector<int64_t> sizes = {2};
  for (const Objective& metric : objectives.metrics) {
    if (metric.is_tally && !metric.host) check_tally(metric, network.groups(), network.classes());
    sizes.push_back(metric.state_size(network.classes()));
  }
  const int64_t all = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  const auto is_pair = [&](const Objective& metric) { return metric.state_size(network.classes()) == 2; };
  if (std::ranges::all_of(objectives.metrics, is_pair)) sizes.clear();
  return {std::vector<double>(static_cast<size_t>(all)), std::move(sizes)};
}

}  // namespace

void Model::compile(const CompileSpec& spec, std::shared_ptr<OptimizerState> optimizer) {
  if (network_.masked && spec.loss) {
    fail("model '", network_.name, "': expected a Flatten or Reshape layer behind Embedding(mask_zero=True): a mask ",
         "that reaches the loss is not supported");
  }
  Objectives objectives = resolve(spec);
  Totals zeros = zero_totals(network_, objectives);
  auto compiled = std::make_shared<Compiled>(Compiled{std::move(objectives), std::move(optimizer), std::move(zeros)});
  CompiledPtr former;  // dies outside the locks, and its plans: a host may have to wait for Python's GIL
  std::vector<std::unique_ptr<Bound>> former_plans;
  training_.begin("compile()");
  const std::lock_guard claim(training_, std::adopt_lock);
  const std::lock_guard weights(lock_);
  const std::lock_guard pool(pool_mutex_);
  former_plans.swap(pool_);
  former = compiled_;
  if (!keeps_slots(*compiled)) {
    variables_.reset_slots(compiled->optimizer ? compiled->objectives.initial_slots() : std::vector<double>());
  }
  compiled_ = std::move(compiled);
}

/// The same optimizer object with the same slots goes on with what it remembers.
bool Model::keeps_slots(const Compiled& next) const {
  if (!compiled_ || !compiled_->optimizer || compiled_->optimizer != next.optimizer) return false;
  const Objectives &before = compiled_->objectives, &after = next.objectives;
  return before.optimizer == after.optimizer && before.initial_slots() == after.initial_slots() &&
         before.options.averages == after.options.averages;
}

void Model::apply(const std::vector<const void*>& gradients) {
  const std::lock_guard claim(training_);
  const CompiledPtr compiled = current();
  if (!compiled || !compiled->optimizer) fail("model '", network_.name, "': expected an optimizer in compile()");
  const std::lock_guard guard(lock_);
  apply_gradients(variables_, compiled->objectives, *compiled->optimizer, gradients);
}

void Model::finish_averages() {
  const CompiledPtr compiled = current();
  if (!compiled || !compiled->optimizer) return;
  const std::lock_guard guard(lock_);
  use_averages(variables_, compiled->objectives);
}

void Model::about_to_write(VariableId id) {
  if (HostScope* scope = HostScope::of(lock_)) scope->keep(id);
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

Model::CompiledPtr Model::compiled_for(const Data& data) {
  CompiledPtr compiled = this->compiled();
  check_targets(network_, compiled->objectives, data.x, data.y, data.weight);
  return compiled;
}

Model::CompiledPtr Model::trainable() {
  CompiledPtr compiled = this->compiled();
  if (!compiled->optimizer) fail("model '", network_.name, "': expected an optimizer in compile(), received none");
  return compiled;
}

Model::CompiledPtr Model::trainable_for(const Data& data) {
  CompiledPtr compiled = trainable();
  check_targets(network_, compiled->objectives, data.x, data.y, data.weight);
  return compiled;
}

int64_t Model::comfortable_rows() const {
  constexpr int64_t kWorkspaceBytes = 1 << 20;
  return std::clamp<int64_t>(kWorkspaceBytes / (network_.widest * bytes_of(network_.dtype)), 8, 256) / 8 * 8;
}

std::unique_ptr<Model::Bound> Model::take(const CompiledPtr& compiled, PlanRequest request) {
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
  return nullptr;
}

std::unique_ptr<Model::Bound> Model::bind(const CompiledPtr& compiled, PlanRequest request) {
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

namespace {

int64_t rows_visited(const Data& data, const EpochOptions& options) {
  return options.order.empty() ? data.x.rows : static_cast<int64_t>(options.order.size());
}

PlanRequest training_request(const Data& data, const EpochOptions& options) {
  return {Mode::train, true, std::min(options.batch_size, rows_visited(data, options))};
}

PlanRequest evaluation_request(const Data& data, int64_t batch_size) {
  return {Mode::evaluate, false, std::min(batch_size, data.x.rows)};
}

PlanRequest prediction_request(const Source& x, int64_t batch_size, bool training) {
  return {Mode::predict, training, std::min(batch_size, std::max<int64_t>(x.rows, 8))};
}

}  // namespace

/// A training step costs about three forward passes over its rows, and some work per weight however few they are.
bool Model::is_little(int64_t rows, Mode mode) const {
  constexpr double kLittle = 1 << 16;
  const auto passes = static_cast<double>(rows);
  const bool learns = mode == Mode::train;
  return network_.work * (learns ? 3.0 * passes + 4.0 : passes) + (learns ? 4.0 * network_.looked_up : 0.0) <= kLittle;
}

Totals Model::train(Executable& plan, const Compiled& compiled, const Data& data, const EpochOptions& options,
                    Hooks& hooks, std::unique_lock<WeightsLock> guard) {
  const int64_t rows = rows_visited(data, options);
  std::vector<int64_t> permuted;
  if (options.shuffle) permuted = permutation(rows, options.seed, options.epoch);
  const int64_t* order = options.shuffle ? permuted.data() : options.order.empty() ? nullptr : options.order.data();
  Trainer trainer(compiled.zeros, hooks);
  trainer.use(plan, std::min(options.batch_size, rows), rows);
  trainer.train(ArrayBatches(data, options.batch_size, order, rows),
                {stop_, *compiled.optimizer, training_passes_, variables_}, std::move(guard));
  return std::move(trainer.totals());
}

namespace {

Totals evaluate_with(Executable& plan, const Totals& zeros, const Data& data, int64_t batch_size, Hooks& hooks,
                     std::shared_lock<WeightsLock> guard) {
  Trainer trainer(zeros, hooks);
  trainer.use(plan, std::min(batch_size, data.x.rows), data.x.rows);
  trainer.evaluate(ArrayBatches(data, batch_size, nullptr, data.x.rows), std::move(guard));
  return std::move(trainer.totals());
}

}  // namespace

void Model::refuse_inside_step() const {
  if (!lock_.passes()) return;
  throw std::runtime_error(concat("model '", network_.name, "': expected no training inside one of its own steps"));
}

Totals Model::train_epoch(const Data& data, const EpochOptions& options, Hooks& hooks) {
  refuse_inside_step();
  const std::lock_guard claim(training_);
  const CompiledPtr compiled = trainable_for(data);
  const Lease plan(*this, compiled, training_request(data, options));
  return train(*plan, *compiled, data, options, hooks, std::unique_lock(lock_));
}

std::optional<Totals> Model::train_at_once(const Data& data, const EpochOptions& options) {
  const int64_t rows = rows_visited(data, options);
  if (rows > options.batch_size || !is_little(rows, Mode::train)) return std::nullopt;
  const std::lock_guard claim(training_);
  const CompiledPtr compiled = trainable_for(data);
  if (compiled->optimizer->calls_host()) return std::nullopt;
  const Lease plan = Lease::if_bound(*this, compiled, training_request(data, options));
  std::unique_lock guard(lock_, std::try_to_lock);
  if (!plan || (*plan).calls_host() || !guard) return std::nullopt;
  Hooks none;
  return train(*plan, *compiled, data, options, none, std::move(guard));
}

Totals Model::evaluate(const Data& data, int64_t batch_size, Hooks& hooks) {
  const CompiledPtr compiled = compiled_for(data);
  const Lease plan(*this, compiled, evaluation_request(data, batch_size));
  return evaluate_with(*plan, compiled->zeros, data, batch_size, hooks, std::shared_lock(lock_));
}

std::optional<Totals> Model::evaluate_at_once(const Data& data, int64_t batch_size) {
  if (data.x.rows > batch_size || !is_little(data.x.rows, Mode::evaluate)) return std::nullopt;
  const CompiledPtr compiled = compiled_for(data);
  const Lease plan = Lease::if_bound(*this, compiled, evaluation_request(data, batch_size));
  std::shared_lock guard(lock_, std::try_to_lock);
  if (!plan || (*plan).calls_host() || !guard) return std::nullopt;
  Hooks none;
  return evaluate_with(*plan, compiled->zeros, data, batch_size, none, std::move(guard));
}

void Model::predict_batch(Executable& plan, const Source& x, uint64_t call, void* output, Variables* changes) {
  const Source absent;
  Team team(plan.useful_threads(x.rows, x.rows));
  run_step(plan, {.rows = x.rows, .x = &x, .y = &absent, .weight = &absent, .call = call, .output = output}, team,
           lock_, changes);
}

void Model::predict(const Source& x, int64_t batch_size, bool training, uint64_t call, void* output, Hooks& hooks) {
  check_input(network_, x);
  if (training && network_.couples_rows) {
    const Lease plan(*this, current(), prediction_request(x, x.rows, training));
    const std::lock_guard guard(lock_);
    return predict_batch(*plan, x, call, output, &variables_);
  }
  const Lease plan(*this, current(), prediction_request(x, batch_size, training));
  std::shared_lock guard(lock_);
  if (x.rows <= batch_size && !hooks.wants_batches()) {
    predict_batch(*plan, x, call, output);
    return;
  }
  const int64_t row_bytes = size_of(network_.output_shape) * bytes_of(network_.dtype);
  Trainer trainer({}, hooks);
  trainer.use(*plan, std::min(batch_size, x.rows), x.rows);
  trainer.predict(
      ArrayBatches({x, {}, {}}, batch_size, nullptr, x.rows), call,
      [&](const StepInput& step) { return static_cast<std::byte*>(output) + step.first * row_bytes; },
      std::move(guard));
}

bool Model::predict_at_once(const Source& x, int64_t batch_size, bool training, uint64_t call, void* output) {
  if (x.rows > batch_size || !is_little(x.rows, Mode::predict)) return false;
  if (training && network_.couples_rows) return false;
  check_input(network_, x);
  const Lease plan = Lease::if_bound(*this, current(), prediction_request(x, batch_size, training));
  const std::shared_lock guard(lock_, std::try_to_lock);
  if (!plan || (*plan).calls_host() || !guard) return false;
  predict_batch(*plan, x, call, output);
  return true;
}

/// The plan for batches of a feed, whose sizes are not known beforehand.
class Model::GrowingPlan {
 public:
  GrowingPlan(Model& model, CompiledPtr compiled, PlanRequest request, int64_t most, Hooks& hooks)
      : model_(model),
        compiled_(std::move(compiled)),
        request_(request),
        most_(most),
        hooks_(hooks),
        trainer_(request.mode == Mode::predict ? Totals{} : compiled_->zeros, hooks) {}

  Trainer& trainer() { return trainer_; }

  FedBatches batches(Feed& feed) {
    return FedBatches(feed, {most_, [this](const Data& data) { prepare(data); }, [this] { return keep_waiting(); }});
  }

 private:
  void prepare(const Data& data) {
    if (request_.mode == Mode::predict) {
      check_input(model_.network_, data.x);
    } else {
      check_targets(model_.network_, compiled_->objectives, data.x, data.y, data.weight);
    }
    if (lease_ && data.x.rows <= request_.capacity) return;
    request_.capacity = std::max(request_.capacity, data.x.rows);
    constexpr int64_t kManyBatches = 1 << 20;
    lease_.emplace(model_, compiled_, request_);
    trainer_.use(**lease_, request_.capacity, request_.capacity * std::min(most_, kManyBatches));
  }

  bool keep_waiting() {
    if (hooks_.wants_poll()) hooks_.poll(trainer_.steps(), trainer_.totals());
    return request_.mode != Mode::train || !model_.stop_.load(std::memory_order_relaxed);
  }

  Model& model_;
  CompiledPtr compiled_;
  PlanRequest request_;
  int64_t most_;
  Hooks& hooks_;
  std::optional<Lease> lease_;
  Trainer trainer_;
};

FedTotals Model::train_feed(Feed& feed, int64_t most, Hooks& hooks) {
  refuse_inside_step();
  const std::lock_guard claim(training_);
  const CompiledPtr compiled = trainable();
  GrowingPlan plan(*this, compiled, {Mode::train, true, 1}, most, hooks);
  plan.trainer().train(plan.batches(feed), {stop_, *compiled->optimizer, training_passes_, variables_},
                       std::unique_lock(lock_));
  return {std::move(plan.trainer().totals()), plan.trainer().steps()};
}

FedTotals Model::evaluate_feed(Feed& feed, int64_t most, Hooks& hooks) {
  GrowingPlan plan(*this, this->compiled(), {Mode::evaluate, false, 1}, most, hooks);
  plan.trainer().evaluate(plan.batches(feed), std::shared_lock(lock_));
  return {std::move(plan.trainer().totals()), plan.trainer().steps()};
}

FedOutputs Model::predict_feed(Feed& feed, int64_t most, Hooks& hooks) {
  const int64_t row_bytes = size_of(network_.output_shape) * bytes_of(network_.dtype);
  FedOutputs outputs;
  GrowingPlan plan(*this, current(), {Mode::predict, false, 8}, most, hooks);
  plan.trainer().predict(
      plan.batches(feed), 0,
      [&](const StepInput& step) {
        outputs.emplace_back(static_cast<size_t>(step.rows * row_bytes));
        return outputs.back().data();
      },
      std::shared_lock(lock_));
  return outputs;
}

double Model::gradients(const Data& data, bool training, uint64_t call, void* input_gradient,
                        const std::function<void(Variables&)>& take) {
  refuse_inside_step();
  const CompiledPtr compiled = compiled_for(data);
  Totals totals = compiled->zeros;
  const Lease plan(*this, compiled, {Mode::gradients, training, data.x.rows});
  StepInput step{.rows = data.x.rows,
                 .x = &data.x,
                 .y = &data.y,
                 .weight = &data.weight,
                 .call = call,
                 .output = input_gradient,
                 .totals = totals.numbers.data()};
  const std::lock_guard guard(lock_);
  Team team((*plan).useful_threads(step.rows, step.rows));
  HostScope scope(lock_, &variables_);  // whose changes are not kept
  (*plan).run(step, team);
  take(variables_);
  return totals.numbers[0] / totals.numbers[1];
}

std::string Model::explain(Mode mode, int64_t rows) {
  if (rows < 1) fail("explain: expected at least 1 row, received ", rows);
  const CompiledPtr compiled = mode == Mode::predict ? current() : this->compiled();
  return describe(bardana::compile(network_, compiled ? &compiled->objectives : nullptr, {mode, false, rows}));
}

}  // namespace bardana
