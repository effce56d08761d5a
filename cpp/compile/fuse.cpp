// Rewrites of the op list. Each looks at one pair of ops and leaves the results of the plan unchanged, or, for
// cross-entropies, closer to the exact ones.
#include <algorithm>

#include "compile/compile.h"

namespace bardana {
namespace {

/// Number of ops that read a tensor.
int readers(Plan& plan, TensorId tensor) {
  int count = 0;
  for (Op& op : plan.ops) {
    std::visit([&](auto& o) { o.operands([&](const char*, TensorId id, bool writes) { count += id == tensor && !writes; }); },
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
    affine->z = readers(plan, activate->x) > 1 ? activate->x : kNone;
    affine->y = activate->y;
    affine->activation = activate->activation;
    plan.ops.erase(plan.ops.begin() + static_cast<std::ptrdiff_t>(i));
    --i;
  }
}

bool is_sigmoid(const ActivationRef& f) { return activations()[static_cast<size_t>(f.formula)].name == "sigmoid"; }

/// What the prediction was made from, if by a softmax (for class losses) or a sigmoid (for binary ones); else kNone.
TensorId find_logits(const Plan& plan, TensorId prediction, bool binary) {
  for (const Op& op : plan.ops) {
    const auto* softmax = std::get_if<Softmax>(&op);
    if (!binary && softmax != nullptr && softmax->y == prediction) return softmax->x;
    const auto* activate = std::get_if<Activate>(&op);
    if (binary && activate != nullptr && activate->y == prediction && is_sigmoid(activate->activation)) return activate->x;
  }
  return kNone;
}

/// Where the derivative of that softmax or sigmoid would be written, if op computes it; else kNone.
TensorId gradient_through(const Op& op, TensorId prediction) {
  if (const auto* back = std::get_if<SoftmaxBackward>(&op); back && back->y == prediction) return back->dx;
  if (const auto* back = std::get_if<ActivateBackward>(&op); back && back->saved == prediction) return back->dx;
  return kNone;
}

/// The loss taken from logits instead of from probabilities, or -1.
int logits_formula(int formula) {
  const LossInfo& info = losses()[static_cast<size_t>(formula)];
  return info.name.ends_with("_logits") ? formula : info.from_logits;
}

/// Softmax or sigmoid, then cross-entropy: the loss reads the logits, its gradient p − t is exact and unclipped, and the
/// backward op of the activation falls away. The fused class losses write the probabilities themselves.
void fuse_crossentropy(Plan& plan) {
  const auto is_loss = [](const Op& op) { return std::holds_alternative<Loss>(op); };
  const auto found = std::find_if(plan.ops.begin(), plan.ops.end(), is_loss);
  if (found == plan.ops.end()) return;
  Loss loss = std::get<Loss>(*found);
  const int formula = logits_formula(loss.formula);
  if (formula < 0) return;
  const bool binary = losses()[static_cast<size_t>(formula)].name == "binary_crossentropy_logits";
  const TensorId prediction = loss.pred, logits = find_logits(plan, prediction, binary);
  if (logits == kNone) return;
  loss.formula = formula;
  loss.pred = logits;
  if (!binary) loss.probabilities = prediction;
  std::erase_if(plan.ops, [&](Op& op) {
    const auto* softmax = std::get_if<Softmax>(&op);
    if (const TensorId dx = gradient_through(op, prediction); dx != kNone) {
      loss.dpred = dx;
      return true;
    }
    return softmax != nullptr && softmax->y == prediction;
  });
  *std::find_if(plan.ops.begin(), plan.ops.end(), is_loss) = loss;
}

}  // namespace

void fuse(Plan& plan) {
  fuse_crossentropy(plan);
  fuse_activations(plan);
}

}  // namespace bardana
