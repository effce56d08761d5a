// Rewrites of the op list. Each looks at one pair of ops and leaves the results of the plan unchanged, or, for
// cross-entropies, closer to the exact ones.
#include <algorithm>
#include <cmath>

#include "compile/compile.h"

namespace bardana {
namespace {

/// Number of ops that read a tensor.
int readers(const Plan& plan, TensorId tensor) {
  int count = 0;
  for (const Op& op : plan.ops) {
    std::visit(
        [&](const auto& o) {
          o.operands([&](const char*, TensorId id, bool writes) { count += id == tensor && !writes; });
        },
        op);
  }
  return count;
}

/// Affine z, then y = f(z): one affine op. z stays only if the derivative of f wants it.
void fuse_activations(Plan& plan) {
  for (size_t i = 1; i < plan.ops.size(); ++i) {
    const auto* activate = std::get_if<Activate>(&plan.ops[i]);
    auto* affine = std::get_if<Affine>(&plan.ops[i - 1]);
    if (activate == nullptr || affine == nullptr || affine->y != activate->x) continue;
    if (affine->activation.formula != 0) continue;  // the layer has one of its own already
    affine->z = readers(plan, activate->x) > 1 ? activate->x : kNone;
    affine->y = activate->y;
    affine->activation = activate->activation;
    plan.ops.erase(plan.ops.begin() + static_cast<std::ptrdiff_t>(i));
    --i;
  }
}

bool is_sigmoid(const ActivationRef& f) { return activations()[static_cast<size_t>(f.formula)].name == "sigmoid"; }

struct Logits {
  TensorId id = kNone;
  bool of_sigmoid = false;
};

/// What the prediction was made from, if by a softmax or a sigmoid; else kNone.
Logits find_logits(const Plan& plan, TensorId prediction) {
  for (const Op& op : plan.ops) {
    const auto* softmax = std::get_if<Softmax>(&op);
    if (softmax && softmax->y == prediction && softmax->formula == RowActivation::softmax) return {softmax->x};
    const auto* activate = std::get_if<Activate>(&op);
    if (activate && activate->y == prediction && is_sigmoid(activate->activation)) return {activate->x, true};
  }
  return {};
}

/// Where the derivative of that softmax or sigmoid would be written, if op computes it; else kNone.
TensorId gradient_through(const Op& op, TensorId prediction) {
  if (const auto* back = std::get_if<SoftmaxBackward>(&op); back && back->y == prediction) return back->dx;
  if (const auto* back = std::get_if<ActivateBackward>(&op); back && back->saved == prediction) return back->dx;
  return kNone;
}

/// The loss or metric taken from these logits instead of from probabilities, or -1 where it must stay as it is: other
/// formulas, and class losses that ignore a class (Keras masks their predictions and so loses sight of the logits).
template <class AnyObjective>
int logits_formula(const AnyObjective& objective, Logits logits) {
  const int formula = objective.formula;
  const LossInfo& info = loss_info(formula);
  const bool sees = info.behind == Behind::either || (info.behind == Behind::sigmoid && logits.of_sigmoid);
  if (logits.id == kNone || !sees) return -1;
  if (info.labels && !objective.parameters.empty() && !std::isnan(objective.parameters[0])) return -1;
  return info.takes_logits() ? formula : info.from_logits;
}

/// Where a penalty on the prediction has joined the loss's gradient: the penalty's alone goes through the activation,
/// the loss's, of the logits, is added behind it. False without such a penalty.
bool part_from_penalty(Plan& plan, Loss& loss, TensorId prediction) {
  const auto joins = [&](const Op& op) {
    const auto* penalty = std::get_if<ActivityBackward>(&op);
    return penalty != nullptr && penalty->x == prediction && penalty->dy == loss.dpred;
  };
  const auto through = [&](const Op& op) { return gradient_through(op, prediction) != kNone; };
  const auto penalty = std::ranges::find_if(plan.ops, joins), back = std::ranges::find_if(plan.ops, through);
  if (loss.dpred == kNone || penalty == plan.ops.end() || back == plan.ops.end()) return false;
  std::get<ActivityBackward>(*penalty).dy = kNone;
  const TensorId dx = gradient_through(*back, prediction), own = Builder(plan).like(dx);
  loss.dpred = Builder(plan).like(dx);
  if (auto* softmax = std::get_if<SoftmaxBackward>(&*back)) softmax->dx = own;
  if (auto* activate = std::get_if<ActivateBackward>(&*back)) activate->dx = own;
  plan.ops.insert(back + 1, Add{loss.dpred, own, dx});
  return true;
}

/// Points the loss at the logits; the backward op of the activation falls away, for its gradient is the loss's own.
void take_loss_from_logits(Plan& plan, Loss& loss, int formula, TensorId logits) {
  const TensorId prediction = loss.pred;
  loss.formula = formula;
  loss.pred = logits;
  if (!part_from_penalty(plan, loss, prediction)) {
    std::erase_if(plan.ops, [&](const Op& op) {
      const TensorId dx = gradient_through(op, prediction);
      if (dx != kNone) loss.dpred = dx;
      return dx != kNone;
    });
  }
  if (!loss_info(formula).probabilities) return;
  const auto is_softmax = [&](const Op& op) {
    const auto* softmax = std::get_if<Softmax>(&op);
    return softmax != nullptr && softmax->y == prediction;
  };
  // The fused softmax loss writes the prediction on its way.
  loss.probabilities = std::erase_if(plan.ops, is_softmax) > 0 ? prediction : Builder(plan).like(prediction);
}

// Softmax or sigmoid, then a cross-entropy: taken from the logits, where the gradient p − t is exact and nothing is
// clipped. Like Keras on TensorFlow this looks neither at which of the two activations it is nor whether it suits the
// loss; only the focal one, whose factor needs the probability, has to stand behind a sigmoid.

void fuse_metrics(Plan& plan) {
  for (Op& op : plan.ops) {
    auto* metric = std::get_if<Metric>(&op);
    if (metric == nullptr) continue;
    const Logits logits = find_logits(plan, metric->pred);
    const int formula = logits_formula(*metric, logits);
    if (formula < 0) continue;
    metric->formula = formula;
    metric->pred = logits.id;
    if (loss_info(formula).probabilities) metric->scratch = Builder(plan).like(logits.id);
  }
}

void fuse_loss(Plan& plan) {
  const auto is_loss = [](const Op& op) { return std::holds_alternative<Loss>(op); };
  const auto found = std::find_if(plan.ops.begin(), plan.ops.end(), is_loss);
  if (found == plan.ops.end()) return;
  Loss loss = std::get<Loss>(*found);
  const Logits logits = find_logits(plan, loss.pred);
  const int formula = logits_formula(loss, logits);
  if (formula < 0) return;
  take_loss_from_logits(plan, loss, formula, logits.id);
  *std::find_if(plan.ops.begin(), plan.ops.end(), is_loss) = loss;
}

/// Activations that nobody reads any more: a softmax or sigmoid whose loss and metrics are taken from the logits.
void drop_unread_activations(Plan& plan) {
  std::erase_if(plan.ops, [&](const Op& op) {
    const auto* activate = std::get_if<Activate>(&op);
    const auto* softmax = std::get_if<Softmax>(&op);
    const TensorId y = activate != nullptr ? activate->y : softmax != nullptr ? softmax->y : kNone;
    return y != kNone && readers(plan, y) == 0;
  });
}

/// Inputs that serve as row numbers alone are read as such: the model's type would round large ones.
void fuse_ids(Plan& plan) {
  const auto is_gather = [](const Op& op) { return std::holds_alternative<GatherInput>(op); };
  const auto gather = std::find_if(plan.ops.begin(), plan.ops.end(), is_gather);
  if (gather == plan.ops.end()) return;
  const TensorId x = std::get<GatherInput>(*gather).y;
  const auto turns_x = [&](const Op& op) {
    const auto* to_ids = std::get_if<ToIds>(&op);
    return to_ids != nullptr && to_ids->x == x;
  };
  const auto found = std::find_if(plan.ops.begin(), plan.ops.end(), turns_x);
  if (found == plan.ops.end() || readers(plan, x) > 1) return;
  *gather = GatherIds{std::get<ToIds>(*found).ids};
  plan.ops.erase(found);
}

bool takes_steps(const Op& op) {
  return std::visit([](const auto& o) { return requires { o.updates; }; }, op);
}

/// Whether the update must stay: it takes the gradients that user code gives, or such code, which can fail, comes
/// behind the first op that would write a weight.
bool host_needs_update(const Plan& plan) {
  const auto is_host = [](const Op& op) { return std::holds_alternative<HostCall>(op); };
  const auto gives_gradients = [](const Op& op) {
    const auto* call = std::get_if<HostCall>(&op);
    return call != nullptr && !call->fills_gradients.empty();
  };
  return std::ranges::any_of(plan.ops, gives_gradients) ||
         std::any_of(std::ranges::find_if(plan.ops, takes_steps), plan.ops.end(), is_host);
}

/// Plain SGD: every weight-gradient op takes its step itself, and no gradient is stored. Not where penalties are added
/// to gradients, nor where a step could end half-way.
void fuse_update(Plan& plan) {
  if (std::ranges::any_of(plan.ops, [](const Op& op) { return std::holds_alternative<Penalize>(op); })) return;
  if (host_needs_update(plan)) return;
  const auto is_plain_sgd = [](const Op& op) {
    const auto* update = std::get_if<Update>(&op);
    return update != nullptr && optimizer_info(update->formula).name == "sgd" && update->is_plain();
  };
  if (std::erase_if(plan.ops, is_plain_sgd) == 0) return;
  for (Op& op : plan.ops) {
    std::visit(
        [](auto& o) {
          if constexpr (requires { o.updates; }) o.updates = true;
        },
        op);
  }
}

}  // namespace

void fuse(Plan& plan) {
  if (plan.logits_visible) {
    fuse_metrics(plan);  // before the loss: that may remove the softmax which leads to the logits
    fuse_loss(plan);
  }
  drop_unread_activations(plan);
  fuse_activations(plan);
  fuse_ids(plan);
  fuse_update(plan);
}

}  // namespace bardana
