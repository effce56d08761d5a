#include <algorithm>

#include "compile/compile.h"

namespace bardana {
namespace {

/// Writes one plan: gather, forward, loss and metrics, backward, update.
class Lowering {
 public:
  Lowering(const Network& network, const Objectives* objectives, Plan& plan)
      : network_(network), objectives_(objectives), plan_(plan), builder_(plan) {}

  void run() {
    const bool learns = plan_.mode == Mode::train || plan_.mode == Mode::gradients;
    prediction_ = forward();
    if (plan_.mode == Mode::predict) {
      builder_.add(Emit{prediction_});
      return builder_.finish();
    }
    BARDANA_ASSERT(objectives_ != nullptr);
    TensorId dy = kNone;
    if (objectives_->loss) dy = add_loss(*objectives_->loss, learns);
    for (const Objective& metric : objectives_->metrics) add_any_metric(metric);
    for (Activity op : penalties_) {  // behind the loss, which may be what writes the output of a softmax
      op.values = builder_.column(builder_.tensor(op.x).outer);
      builder_.add(op);
    }
    if (learns) backward(dy);
    penalize(learns);
    if (plan_.mode != Mode::train) return;
    if (objectives_->host_optimizer) {  // which can fail, so it comes before what can not
      update();
      builder_.finish();
    } else {
      builder_.finish();
      update();
    }
    if (Constrain op = constrain(network_.all_variables()); !op.rules.empty()) builder_.add(std::move(op));
  }

 private:
  TensorId forward() {
    Flow x = {builder_.batch(1, size_of(network_.input_shape)), network_.input_shape};
    builder_.add(GatherInput{x.id});
    for (size_t i = 0; i < network_.layers.size(); ++i) {
      Lowered lowered = network_.layers[i]->lower({builder_, network_.first_variable[i]}, x);
      tape_.push_back(std::move(lowered.backward));
      x = lowered.y;
      if (const ActivityPenalty& penalty = network_.activity[i]) regularize(x.id, penalty);
    }
    plan_.logits_visible = !x.reshaped;
    return builder_.grouped(x.id, network_.classes());
  }

  /// Puts a penalty on a layer's output: its gradient joins before the layer's own backward pass.
  void regularize(TensorId y, ActivityPenalty penalty) {
    penalties_.push_back({y, kNone, penalty.l1, penalty.l2});
    tape_.back() = [=, backward = std::move(tape_.back())](Builder& b, TensorId dy, bool wants_dx) {
      const TensorId sum = b.like(y);
      b.add(ActivityBackward{y, b.grouped(dy, b.tensor(y).last), sum, penalty.l1, penalty.l2});
      return backward(b, sum, wants_dx);
    };
  }

  TensorId labels() {
    if (labels_ == kNone) {
      labels_ = builder_.column(network_.groups(), Tensor::Kind::labels);
      builder_.add(GatherTarget{labels_});
    }
    return labels_;
  }

  TensorId dense_target() {
    if (target_ == kNone) {
      const TensorId flat = builder_.batch(1, size_of(network_.output_shape));
      builder_.add(GatherTarget{flat});
      target_ = builder_.grouped(flat, network_.classes());
    }
    return target_;
  }

  TensorId target_of(const Objective& objective) {
    return !objective.is_tally && loss_info(objective.formula).labels ? labels() : dense_target();
  }

  TensorId add_loss(const Objective& loss, bool learns) {
    if (loss.host) return add_host_loss(loss, learns);
    add_weight();
    Loss op{.formula = loss.formula,
            .parameters = loss.parameters,
            .reduction = loss.reduction,
            .factor = loss.factor,
            .pred = prediction_,
            .target = target_of(loss),
            .weight = weight_,
            .values = builder_.column(network_.groups())};
    if (learns) op.dpred = builder_.like(prediction_);
    if (loss_info(loss.formula).probabilities) op.probabilities = builder_.like(prediction_);
    builder_.add(op);
    return op.dpred;
  }

  HostCall host_objective(const Objective& objective) {
    return {.host = objective.host,
            .x = prediction_,
            .x_shape = network_.output_shape,
            .reads_target = true,
            .state_size = objective.host_state_size};
  }

  /// Its weights and its reduction are the host's affair.
  TensorId add_host_loss(const Objective& loss, bool learns) {
    HostCall op = host_objective(loss);
    op.reads_weight = true;
    if (learns) op.y = builder_.like(prediction_), op.y_shape = network_.output_shape;
    builder_.add(op);
    if (std::ranges::any_of(objectives_->metrics, &Objective::weighted)) add_weight();
    return op.y;
  }

  void add_host_metric(const Objective& metric) {
    HostCall op = host_objective(metric);
    op.reads_weight = metric.weighted;
    op.state = take_state(metric);
    builder_.add(op);
  }

  void add_weight() {
    weight_ = builder_.column(network_.groups());
    builder_.add(GatherWeight{weight_});
  }

  /// Where the next metric's state begins.
  int64_t take_state(const Objective& metric) {
    const int64_t begin = next_state_;
    next_state_ += metric.state_size(network_.classes());
    return begin;
  }

  void add_any_metric(const Objective& metric) {
    if (metric.host) return add_host_metric(metric);
    metric.is_tally ? add_tally(metric) : add_metric(metric);
  }

  void add_metric(const Objective& metric) {
    Metric op{.formula = metric.formula,
              .parameters = metric.parameters,
              .state = take_state(metric),
              .pred = prediction_,
              .target = target_of(metric),
              .weight = metric.weighted ? weight_ : kNone,
              .values = builder_.column(network_.groups())};
    if (loss_info(metric.formula).probabilities) op.scratch = builder_.like(prediction_);
    builder_.add(op);
  }

  void add_tally(const Objective& metric) {
    TensorId pred = prediction_;
    if (metric.from_logits) {
      pred = builder_.like(prediction_);
      builder_.add(Activate{prediction_, pred, {find_activation("sigmoid"), {}}});
    }
    builder_.add(Tally{.formula = metric.formula,
                       .parameters = metric.parameters,
                       .thresholds = metric.thresholds,
                       .label_weights = metric.label_weights,
                       .state = take_state(metric),
                       .pred = pred,
                       .target = target_of(metric),
                       .weight = metric.weighted ? weight_ : kNone});
  }

  void backward(TensorId dy) {
    BARDANA_ASSERT(dy != kNone);
    const size_t first = first_layer_with_gradient();
    for (size_t i = tape_.size(); i-- > 0;) {
      if (i < first) return;
      dy = tape_[i](builder_, dy, plan_.mode == Mode::gradients || i > first);
    }
    if (plan_.mode == Mode::gradients) builder_.add(Emit{builder_.grouped(dy, size_of(network_.input_shape))});
  }

  void update() {
    const std::vector<VariableSpec> variables = network_.all_variables();
    if (!objectives_->host_optimizer) return builder_.add(objectives_->update_of(variables.size()));
    HostCall op{.host = objectives_->host_optimizer};
    for (size_t i = 0; i < variables.size(); ++i) {
      if (variables[i].trainable) op.reads_gradients.push_back(static_cast<VariableId>(i));
    }
    builder_.add(std::move(op));
  }

  /// Regularizers count for variables that learn alone.
  void penalize(bool differentiates) {
    Penalize op{.terms = {}, .differentiates = differentiates};
    const std::vector<VariableSpec> variables = network_.all_variables();
    for (size_t i = 0; i < variables.size(); ++i) {
      const auto& [l1, l2, constraint] = variables[i].options;
      if (variables[i].trainable && (l1 != 0.0 || l2 != 0.0)) op.terms.push_back({static_cast<VariableId>(i), l1, l2});
    }
    if (!op.terms.empty()) builder_.add(std::move(op));
  }

  /// Layers before the first one that learns need no backward pass.
  size_t first_layer_with_gradient() const {
    if (plan_.mode == Mode::gradients) return 0;
    for (size_t i = 0; i < network_.layers.size(); ++i) {
      const auto& specs = network_.layer_variables[i];
      if (std::ranges::any_of(specs, &VariableSpec::trainable)) return i;
    }
    return network_.layers.size();
  }

  const Network& network_;
  const Objectives* objectives_;
  Plan& plan_;
  Builder builder_;
  std::vector<Backward> tape_;
  std::vector<Activity> penalties_;
  TensorId prediction_ = kNone, labels_ = kNone, target_ = kNone, weight_ = kNone;
  int64_t next_state_ = 2;  // behind that of the loss
};

}  // namespace

Plan compile(const Network& network, const Objectives* objectives, PlanRequest request) {
  Plan plan;
  plan.mode = request.mode;
  plan.training = request.training || request.mode == Mode::train;
  plan.dtype = network.dtype;
  plan.capacity = request.capacity;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    for (const VariableSpec& variable : network.layer_variables[i]) {
      plan.variable_names.push_back(network.layers[i]->name() + "/" + variable.name);
    }
  }
  Lowering(network, objectives, plan).run();
  fuse(plan);
  place(plan);
  return plan;
}

}  // namespace bardana
