// What ops are bound to: the workspace and variables of one plan, and tables made once so that a step looks nothing up.
#pragma once

#include <functional>
#include <vector>

#include "backend/backend.h"
#include "cpu/isa.h"
#include "cpu/share.h"

namespace bardana::cpu {

/// Memory that a step reads or writes, whatever its share.
struct Access {
  const void *begin, *end;
  bool writes;
};

/// An op as a function that knows its pointers. Every member of a team calls it with its share; `alone` means that rank
/// 0 does all of it.
struct BoundStep {
  std::function<void(const StepInput&, Share)> run;
  std::vector<Access> accesses;
  bool alone = false;
  bool may_fail = false;  // by an exception; such a step is done alone
  bool barrier = false;   // the team meets before this step; set by place_barriers
};

/// Marks the steps that touch what earlier shares of other members wrote, or that write what these read, and those
/// behind a step that may fail.
void place_barriers(std::vector<BoundStep>& steps);

template <class T>
class Binding {
 public:
  Binding(const Plan& plan, Variables& variables, const Kernels<T>& kernels);

  const Tensor& tensor(TensorId id) const { return plan.tensor(id); }
  T* at(TensorId id) { return id == kNone ? nullptr : reinterpret_cast<T*>(workspace_.data() + tensor(id).offset); }
  T* param(VariableId id) { return slice(variables.params(), id); }
  T* grad(VariableId id) { return slice(variables.grads(), id); }

  /// Pointers to the rows (groups) of a tensor. Those of the input are filled at every step.
  const T** rows(TensorId id);
  /// Whether dense layers read the user's own rows: arrays of the model's type that no other op wants.
  bool reads_in_place(const StepInput& in) const {
    return dense_input_ && in.x->type == (sizeof(T) == 4 ? ElementType::float32 : ElementType::float64);
  }

  /// Room of one's own for every member of a team of this size.
  void prepare_scratch(int team_size);
  void want_scratch(int64_t elements) { scratch_elements_ = std::max(scratch_elements_, elements); }
  T* scratch(Share share) { return scratch_[static_cast<size_t>(share.rank)].template as<T>(); }

  Access reads(TensorId id) { return access(id, false); }
  Access writes(TensorId id) { return access(id, true); }
  Access of_variable(T* slice, VariableId id, bool writes) {
    const auto& shape = variables.spec(id).shape;
    const int64_t size = shape.size() == 2 ? panels_size(shape[0], shape[1]) : padded(size_of(shape));
    return {slice, slice + size, writes};
  }

  const Plan& plan;
  Variables& variables;
  const Kernels<T>& kernels;

 private:
  T* slice(Memory& buffer, VariableId id) {
    return id == kNone ? nullptr : buffer.template as<T>() + variables.offset(id);
  }
  Access access(TensorId id, bool writes) {
    if (id == kNone) return {nullptr, nullptr, writes};
    const std::byte* begin = workspace_.data() + tensor(id).offset;
    return {begin, begin + tensor(id).bytes, writes};
  }

  Memory workspace_;
  std::vector<std::vector<const T*>> rows_;  // by tensor, made when asked for
  TensorId input_ = kNone;
  bool dense_input_ = true;
  std::vector<Memory> scratch_;  // by rank
  int64_t scratch_elements_ = 0;
};

// One for every op, in a file bind_*.cpp; an op may become several steps.
using Steps = std::vector<BoundStep>;
#define BARDANA_BIND(AnyOp) \
  template <class T>        \
  void bind(Binding<T>& binding, const AnyOp& op, Steps& steps)
BARDANA_BIND(GatherInput);
BARDANA_BIND(GatherTarget);
BARDANA_BIND(GatherWeight);
BARDANA_BIND(Repack);
BARDANA_BIND(Permute);
BARDANA_BIND(Emit);
BARDANA_BIND(Affine);
BARDANA_BIND(BackWeights);
BARDANA_BIND(BackInput);
BARDANA_BIND(Penalize);
BARDANA_BIND(Update);
BARDANA_BIND(Constrain);
BARDANA_BIND(Activate);
BARDANA_BIND(ActivateBackward);
BARDANA_BIND(Softmax);
BARDANA_BIND(SoftmaxBackward);
BARDANA_BIND(PRelu);
BARDANA_BIND(PReluBackward);
BARDANA_BIND(Dropout);
BARDANA_BIND(Loss);
BARDANA_BIND(Metric);
BARDANA_BIND(Tally);
BARDANA_BIND(BatchNorm);
BARDANA_BIND(BatchNormBackward);
BARDANA_BIND(MovingAverage);
BARDANA_BIND(RowNorm);
BARDANA_BIND(RowNormBackward);
BARDANA_BIND(Noise);
BARDANA_BIND(Activity);
BARDANA_BIND(ActivityBackward);
BARDANA_BIND(Add);
BARDANA_BIND(GatherIds);
BARDANA_BIND(ToIds);
BARDANA_BIND(Embed);
BARDANA_BIND(EmbedBackward);
BARDANA_BIND(Factors);
BARDANA_BIND(Scale);
BARDANA_BIND(Bucketize);
BARDANA_BIND(Encode);
BARDANA_BIND(Zero);
BARDANA_BIND(HostCall);
#undef BARDANA_BIND

/// Definitions of `bind` for float and double, at the end of the file that has them.
#define BARDANA_INSTANTIATE_BIND(AnyOp)                                              \
  template void bind<float>(Binding<float>&, const AnyOp&, std::vector<BoundStep>&); \
  template void bind<double>(Binding<double>&, const AnyOp&, std::vector<BoundStep>&)

}  // namespace bardana::cpu
