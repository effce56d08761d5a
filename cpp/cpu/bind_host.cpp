// The step that calls the host: on one thread, with arrays that show the batch without the padding of its rows.
#include <algorithm>

#include "cpu/binding.h"

namespace bardana::cpu {
namespace {

Shape with_rows(int64_t rows, Axes row_shape) {
  Shape shape = {rows};
  shape.insert(shape.end(), row_shape.begin(), row_shape.end());
  return shape;
}

/// An array without gaps in a buffer that grows with it.
template <class T>
HostArray dense_array(std::vector<T>& buffer, ElementType type, Shape shape) {
  const auto size = static_cast<size_t>(size_of(shape));
  if (buffer.size() < size) buffer.resize(size);
  const auto bytes = static_cast<int64_t>(size * sizeof(T));
  return {reinterpret_cast<std::byte*>(buffer.data()), type, std::move(shape), 1, bytes, bytes};
}

/// One bound HostCall, with buffers for what does not lie in the workspace as the host shall see it.
template <class T>
class HostStepRun {
 public:
  HostStepRun(Binding<T>& binding, const HostCall& op)
      : binding_(binding), op_(op), gradients_(op.reads_gradients.size() + op.fills_gradients.size()) {}

  void run(const StepInput& in) {
    inputs_.clear(), outputs_.clear();
    if (op_.x != kNone) inputs_.push_back(rows_of(op_.x, op_.x_shape, in.rows));
    if (op_.reads_target) inputs_.push_back(gathered(*in.y, in, targets_));
    if (op_.reads_weight) inputs_.push_back(gathered(*in.weight, in, weights_));
    auto buffer = gradients_.begin();
    for (const VariableId id : op_.reads_gradients) inputs_.push_back(gradient(id, *buffer++, true));
    outputs_.push_back(rows_of(op_.y, op_.y_shape, in.rows));
    const auto first = buffer;
    for (const VariableId id : op_.fills_gradients) outputs_.push_back(gradient(id, *buffer++, false));
    totals_.assign(static_cast<size_t>(op_.state_size), 0.0);
    if (op_.state_size > 0) outputs_.push_back(dense_array(totals_, ElementType::float64, {op_.state_size}));
    op_.host->call({binding_.plan.training, in.learning_rate}, inputs_, outputs_);
    store(first, in);
  }

 private:
  static constexpr ElementType kType = sizeof(T) == 4 ? ElementType::float32 : ElementType::float64;
  using Buffer = std::vector<T>;

  HostArray rows_of(TensorId id, const Shape& shape, int64_t rows) {
    if (id == kNone) return {};
    const Tensor& t = binding_.tensor(id);
    constexpr auto kBytes = static_cast<int64_t>(sizeof(T));
    auto* data = reinterpret_cast<std::byte*>(binding_.at(id));
    return {data, kType, with_rows(rows, shape), rows * t.outer, t.last * kBytes, t.ld * kBytes};
  }

  /// The rows of this step out of a user's array, in its own type.
  static HostArray gathered(const Source& source, const StepInput& in, std::vector<std::byte>& bytes) {
    if (source.data == nullptr) return {};
    HostArray array{.type = source.type, .shape = with_rows(in.rows, source.row_shape), .runs = 1};
    visit_elements(source, [&](const auto* elements) {
      const auto row_bytes = source.row_elements * static_cast<int64_t>(sizeof(*elements));
      array.run_bytes = array.stride_bytes = in.rows * row_bytes;
      if (static_cast<int64_t>(bytes.size()) < array.run_bytes) bytes.resize(static_cast<size_t>(array.run_bytes));
      for (int64_t row = 0; row < in.rows; ++row) {
        const int64_t from = in.order == nullptr ? in.first + row : in.order[in.first + row];
        std::memcpy(bytes.data() + row * row_bytes, static_cast<const std::byte*>(source.data) + from * row_bytes,
                    static_cast<size_t>(row_bytes));
      }
    });
    array.data = bytes.data();
    return array;
  }

  /// A buffer for the gradient of a variable in C order; with its values, or zeros.
  HostArray gradient(VariableId id, Buffer& buffer, bool reads) {
    Variables& variables = binding_.variables;
    HostArray array = dense_array(buffer, kType, variables.spec(id).shape);
    if (reads) variables.read(variables.grads(), id, array.data);
    return array;
  }

  /// What the host has put into buffers goes where it belongs.
  void store(typename std::vector<Buffer>::iterator buffer, const StepInput& in) {
    Variables& variables = binding_.variables;
    for (const VariableId id : op_.fills_gradients) variables.write(variables.grads(), id, (buffer++)->data());
    for (size_t i = 0; i < totals_.size(); ++i) in.totals[static_cast<size_t>(op_.state) + i] += totals_[i];
  }

  Binding<T>& binding_;
  const HostCall& op_;
  std::vector<HostArray> inputs_, outputs_;
  std::vector<Buffer> gradients_;
  std::vector<std::byte> targets_, weights_;
  std::vector<double> totals_;
};

Access whole(Memory& buffer, bool writes) { return {buffer.data(), buffer.data() + buffer.bytes(), writes}; }

}  // namespace

template <class T>
void bind(Binding<T>& binding, const HostCall& op, Steps& steps) {
  if (op.y != kNone) {  // the padding, which the host does not see
    const Tensor& t = binding.tensor(op.y);
    const auto clear = [y = binding.at(op.y), row = t.outer * t.ld](const StepInput& in, Share share) {
      const Range range = cut(in.rows * row, kPad, share);
      std::fill(y + range.begin, y + range.end, T(0));
    };
    if (t.ld != t.last) steps.push_back({clear, {binding.writes(op.y)}});
  }
  Variables& variables = binding.variables;
  const auto call = std::make_shared<HostStepRun<T>>(binding, op);
  BoundStep step{[call](const StepInput& in, Share) { call->run(in); },
                 {binding.reads(op.x), binding.writes(op.y), whole(variables.params(), true)},
                 true};
  step.accesses.push_back(whole(variables.grads(), !op.fills_gradients.empty()));
  step.may_fail = true;
  steps.push_back(std::move(step));
}

BARDANA_INSTANTIATE_BIND(HostCall);

}  // namespace bardana::cpu
