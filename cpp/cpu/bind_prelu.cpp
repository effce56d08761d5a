// Steps of PReLU. One slope may serve several elements of a row, so the slopes are spread over one row first, and sums
// of gradients gathered from one row afterwards.
#include "cpu/binding.h"

namespace bardana::cpu {
namespace {

/// For every element of a row of `x`, where the slope of that element is stored; -1 for padding.
std::vector<int64_t> slope_places(const Tensor& x, const std::vector<int64_t>& sizes, const VariableSpec& alpha) {
  std::vector<int64_t> places(static_cast<size_t>(x.outer * x.ld), -1), index(sizes.size(), 0);
  for (int64_t element = 0; element < x.row_size(); ++element) {
    int64_t logical = 0;
    for (size_t axis = 0; axis < sizes.size(); ++axis) {
      logical = logical * alpha.shape[axis] + (alpha.shape[axis] == 1 ? 0 : index[axis]);
    }
    const bool matrix = alpha.shape.size() == 2;
    const int64_t cols = matrix ? alpha.shape[1] : 1;
    places[static_cast<size_t>(element / x.last * x.ld + element % x.last)] =
        matrix ? panel_offset(alpha.shape[0], cols, logical / cols, logical % cols) : logical;
    for (size_t axis = sizes.size(); axis-- > 0;) {  // count on, the last axis fastest
      if (++index[axis] < sizes[axis]) break;
      index[axis] = 0;
    }
  }
  return places;
}

/// A row of an op's own, which lives as long as its steps.
template <class T>
struct OwnRow {
  OwnRow(const Tensor& x, const std::vector<int64_t>& sizes, const VariableSpec& alpha)
      : size(x.outer * x.ld), memory(size * static_cast<int64_t>(sizeof(T))), places(slope_places(x, sizes, alpha)) {}
  T* data() { return memory.template as<T>(); }
  Access access(bool writes) { return {data(), data() + size, writes}; }

  int64_t size;
  Memory memory;
  std::vector<int64_t> places;
};

/// Spreads the slopes over a row.
template <class T>
std::shared_ptr<OwnRow<T>> spread(Binding<T>& binding, TensorId x, const std::vector<int64_t>& sizes, VariableId alpha,
                                  Steps& steps) {
  auto row = std::make_shared<OwnRow<T>>(binding.tensor(x), sizes, binding.variables.spec(alpha));
  const T* slopes = binding.param(alpha);
  const auto run = [row, slopes](const StepInput&, Share) {
    for (int64_t i = 0; i < row->size; ++i) {
      const int64_t place = row->places[static_cast<size_t>(i)];
      row->data()[i] = place < 0 ? T(0) : slopes[place];
    }
  };
  const Access reads = binding.of_variable(binding.param(alpha), alpha, false);
  steps.push_back({run, {reads, row->access(true)}, true});
  return row;
}

/// Gradients of the slopes from the sums of a row, in the order of its elements; or, updating, the step of SGD.
template <class T>
void gather_slopes(const OwnRow<T>& row, const T* sums, T* gradient, int64_t stored) {
  std::fill_n(gradient, stored, T(0));
  for (int64_t i = 0; i < row.size; ++i) {
    const int64_t place = row.places[static_cast<size_t>(i)];
    if (place >= 0) gradient[place] += sums[i];
  }
}

template <class T>
void add_slope_gradient(Binding<T>& binding, const PReluBackward& op, Steps& steps) {
  const Tensor& x = binding.tensor(op.x);
  auto sums = std::make_shared<OwnRow<T>>(x, op.sizes, binding.variables.spec(op.alpha));
  const auto add = [kernel = binding.kernels.prelu_sums, sums, x = binding.at(op.x), dy = binding.at(op.dy)](
                       const StepInput& in, Share share) {
    const Range range = cut(sums->size, kPad, share);
    if (!range.empty()) kernel({x, dy, nullptr, sums->data(), sums->size, in.rows, range.begin, range.end});
  };
  steps.push_back({add, {binding.reads(op.x), binding.reads(op.dy), sums->access(true)}});

  T *alpha = binding.param(op.alpha), *gradient = binding.grad(op.alpha);
  const Access of_gradient = binding.of_variable(gradient, op.alpha, true);
  const auto finish = [sums, alpha, gradient, updates = op.updates,
                       stored = static_cast<const T*>(of_gradient.end) - gradient](const StepInput& in, Share) {
    gather_slopes(*sums, sums->data(), gradient, stored);
    const T rate = static_cast<T>(in.learning_rate);
    for (int64_t i = 0; updates && i < stored; ++i) alpha[i] -= rate * gradient[i];
  };
  BoundStep step = {finish, {sums->access(false), of_gradient}, true};
  if (op.updates) step.accesses.push_back(binding.of_variable(alpha, op.alpha, true));
  steps.push_back(std::move(step));
}

}  // namespace

template <class T>
void bind(Binding<T>& binding, const PRelu& op, Steps& steps) {
  const auto row = spread(binding, op.x, op.sizes, op.alpha, steps);
  const auto run = [kernel = binding.kernels.prelu, row, x = binding.at(op.x), y = binding.at(op.y)](
                       const StepInput& in, Share share) {
    const Range rows = cut(in.rows, 1, share);
    const int64_t from = rows.begin * row->size;
    kernel({x + from, nullptr, row->data(), y + from, row->size, rows.size(), 0, row->size});
  };
  steps.push_back({run, {binding.reads(op.x), row->access(false), binding.writes(op.y)}});
}

template <class T>
void bind(Binding<T>& binding, const PReluBackward& op, Steps& steps) {
  if (op.dx != kNone) {
    const auto row = spread(binding, op.x, op.sizes, op.alpha, steps);
    const auto run = [kernel = binding.kernels.prelu_backward, row, x = binding.at(op.x), dy = binding.at(op.dy),
                      dx = binding.at(op.dx)](const StepInput& in, Share share) {
      const Range rows = cut(in.rows, 1, share);
      const int64_t from = rows.begin * row->size;
      kernel({x + from, dy + from, row->data(), dx + from, row->size, rows.size(), 0, row->size});
    };
    steps.push_back({run, {binding.reads(op.x), binding.reads(op.dy), row->access(false), binding.writes(op.dx)}});
  }
  if (op.learns) add_slope_gradient(binding, op, steps);  // last: it may change the slopes
}

BARDANA_INSTANTIATE_BIND(PRelu);
BARDANA_INSTANTIATE_BIND(PReluBackward);

}  // namespace bardana::cpu
