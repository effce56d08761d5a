#include <array>
#include <iomanip>
#include <sstream>

#include "plan/plan.h"
#include "plan/registry.h"

namespace bardana {
namespace {

constexpr std::array kModeNames = {"train", "evaluate", "predict", "gradients"};

const char* name_of(Encoding encoding) {
  return encoding == Encoding::one_hot ? "one_hot" : encoding == Encoding::multi_hot ? "multi_hot" : "count";
}

std::string shape_text(const Tensor& tensor) {
  if (tensor.kind == Tensor::Kind::columns) return concat("[", tensor.last, "]");
  const std::string rows = tensor.outer == 1 ? "rows" : concat("rows*", tensor.outer);
  return concat("[", rows, "x", tensor.last, tensor.kind == Tensor::Kind::labels ? " int32]" : "]");
}

std::string options(const Update& update) {
  constexpr std::array kClips = {"", " clipvalue=", " clipnorm=", " global_clipnorm="};
  std::string text;
  if (!update.decay.empty()) text += " decays";
  if (update.clip != Update::Clip::none) text += concat(kClips[static_cast<size_t>(update.clip)], update.clip_at);
  if (update.accumulation_steps > 1) text += concat(" accumulates=", update.accumulation_steps);
  if (update.averages) text += " averages";
  return text;
}

std::string detail(const Plan& plan, const Op& op) {
  const auto variable = [&](VariableId id) { return plan.variable_names[static_cast<size_t>(id)]; };
  const auto formula = [](const ActivationRef& a) { return activations()[static_cast<size_t>(a.formula)].name; };
  return std::visit(
      [&]<class T>(const T& o) -> std::string {
        if constexpr (std::is_same_v<T, Affine>) {
          return concat(" w=", variable(o.w), o.b == kNone ? "" : " b=" + variable(o.b), " f=", formula(o.activation));
        } else if constexpr (std::is_same_v<T, Activate> || std::is_same_v<T, ActivateBackward>) {
          return " f=" + formula(o.activation);
        } else if constexpr (std::is_same_v<T, Softmax> || std::is_same_v<T, SoftmaxBackward>) {
          return o.formula == RowActivation::softmax ? "" : concat(" f=", name_of(o.formula));
        } else if constexpr (std::is_same_v<T, Loss> || std::is_same_v<T, Metric>) {
          return " f=" + loss_info(o.formula).name;
        } else if constexpr (std::is_same_v<T, Tally>) {
          return " f=" + tallies()[static_cast<size_t>(o.formula)].name;
        } else if constexpr (std::is_same_v<T, BackWeights>) {
          const char* d = o.updates ? "" : "d";
          const std::string bias = o.b == kNone ? "" : concat(" ", d, "b=", variable(o.b));
          return concat(" ", d, "w=", variable(o.w), bias, o.updates ? " updated" : "");
        } else if constexpr (std::is_same_v<T, PRelu>) {
          return " alpha=" + variable(o.alpha);
        } else if constexpr (std::is_same_v<T, PReluBackward>) {
          return concat(o.learns && !o.updates ? " dalpha=" : " alpha=", variable(o.alpha),
                        o.updates ? " updated" : "");
        } else if constexpr (std::is_same_v<T, BackInput>) {
          return " w=" + variable(o.w);
        } else if constexpr (std::is_same_v<T, BatchNorm> || std::is_same_v<T, BatchNormBackward>) {
          const std::string center = o.mean == kNone ? concat(" mean=", variable(o.moving_mean)) : " of the batch";
          const auto optional = [&](const char* key, VariableId id) {
            return id == kNone ? std::string() : concat(" ", key, "=", variable(id));
          };
          const std::string weights = concat(optional("gamma", o.gamma), optional("beta", o.beta));
          if constexpr (requires { o.updates; }) return concat(center, weights, o.updates ? " updated" : "");
          return concat(center, weights);
        } else if constexpr (std::is_same_v<T, RowNorm> || std::is_same_v<T, RowNormBackward>) {
          const std::string gamma = o.gamma == kNone ? "" : concat(" gamma=", variable(o.gamma));
          const std::string beta = o.beta == kNone ? "" : concat(" beta=", variable(o.beta));
          return concat(o.unit ? " to unit length" : "", gamma, beta);
        } else if constexpr (std::is_same_v<T, Noise>) {
          return concat(o.normal ? " normal scale=" : " rate=", o.normal ? o.scale : o.rate);
        } else if constexpr (std::is_same_v<T, Activity> || std::is_same_v<T, ActivityBackward>) {
          return concat(" l1=", o.l1, " l2=", o.l2);
        } else if constexpr (std::is_same_v<T, MovingAverage>) {
          return concat(" ", variable(o.v), " momentum=", o.momentum);
        } else if constexpr (std::is_same_v<T, Embed>) {
          return " w=" + variable(o.w);
        } else if constexpr (std::is_same_v<T, EmbedBackward>) {
          return concat(o.updates ? " w=" : " dw=", variable(o.w), o.updates ? " updated" : "");
        } else if constexpr (std::is_same_v<T, Factors>) {
          return concat(" variance=", variable(o.variance), " mean=", variable(o.mean));
        } else if constexpr (std::is_same_v<T, Scale>) {
          return o.divides ? " divided" : "";
        } else if constexpr (std::is_same_v<T, Bucketize>) {
          return concat(" boundaries=", o.boundaries.size());
        } else if constexpr (std::is_same_v<T, Encode>) {
          return concat(" as=", name_of(o.encoding), o.weighted ? " weighted" : "");
        } else if constexpr (std::is_same_v<T, Update>) {
          return " f=" + optimizer_info(o.formula).name + options(o);
        } else if constexpr (std::is_same_v<T, Penalize>) {
          std::string text;
          for (const Penalize::Term& term : o.terms)
            text += concat(o.differentiates ? " dw=" : " w=", variable(term.w), " l1=", term.l1, " l2=", term.l2);
          return text;
        } else if constexpr (std::is_same_v<T, Constrain>) {
          std::string text;
          for (const Constrain::Rule& rule : o.rules)
            text += concat(" w=", variable(rule.w), " f=", constraints()[static_cast<size_t>(rule.formula)].name);
          return text;
        } else if constexpr (std::is_same_v<T, HostCall>) {
          std::string text = " f=" + o.host->name();
          if (o.reads_target) text += " target";
          if (o.reads_weight) text += " weight";
          for (const VariableId id : o.reads_gradients) text += " dw=" + variable(id);
          for (const VariableId id : o.fills_gradients) text += " dw:=" + variable(id);
          return text;
        } else if constexpr (std::is_same_v<T, Dropout>) {
          return concat(" rate=", o.rate);
        } else {
          return "";
        }
      },
      op);
}

/// Name, operands with their shapes and offsets, and what else the op is made of.
std::string line(const Plan& plan, const Op& op) {
  std::ostringstream operands;
  const auto add = [&](const char* operand, TensorId id, bool writes) {
    if (id == kNone) return;
    const Tensor& tensor = plan.tensor(id);
    operands << ' ' << operand << (writes ? ":=t" : "=t") << id << shape_text(tensor) << '@' << tensor.offset;
  };
  const char* name = std::visit(
      [&](const auto& o) {
        o.operands(add);
        return o.name;
      },
      op);
  const std::string rest = operands.str() + detail(plan, op);
  if (rest.empty()) return name;
  std::ostringstream text;
  text << std::left << std::setw(18) << name << rest;
  return text.str();
}

}  // namespace

const char* name_of(Mode mode) { return kModeNames[static_cast<size_t>(mode)]; }

Mode parse_mode(const std::string& name) {
  for (size_t i = 0; i < kModeNames.size(); ++i) {
    if (name == kModeNames[i]) return static_cast<Mode>(i);
  }
  fail("expected a mode among train, evaluate, predict, gradients; received '", name, "'");
}

std::string describe(const Plan& plan) {
  std::ostringstream text;
  text << "plan " << name_of(plan.mode) << (plan.training && plan.mode != Mode::train ? " (training)" : "") << ", "
       << name_of(plan.dtype) << ", up to " << plan.capacity << " rows, workspace " << plan.workspace_bytes
       << " bytes\n";
  for (const Op& op : plan.ops) text << "  " << line(plan, op) << '\n';
  return text.str();
}

}  // namespace bardana
