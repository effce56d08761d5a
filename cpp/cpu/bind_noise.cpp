// Steps of noise layers, of penalties on activations, and of sums of two tensors.
#include <memory>

#include "cpu/binding.h"

namespace bardana::cpu {
namespace {

/// Number of the random number of every element of a row, by the element's place in C order.
std::vector<int32_t> places_of(const Noise& op) {
  std::vector<int32_t> places(static_cast<size_t>(size_of(op.sizes)));
  for (size_t element = 0; element < places.size(); ++element) {
    int64_t rest = static_cast<int64_t>(element), stride = 1, place = 0;
    for (size_t axis = op.sizes.size(); axis-- > 0;) {
      if (op.drawn[axis] != 1) place += rest % op.sizes[axis] * stride;
      stride *= op.drawn[axis];
      rest /= op.sizes[axis];
    }
    places[element] = static_cast<int32_t>(place);
  }
  return places;
}

}  // namespace

template <class T>
void bind(Binding<T>& binding, const Noise& op, Steps& steps) {
  const Tensor& t = binding.tensor(op.x);
  const auto places = std::make_shared<std::vector<int32_t>>(op.sizes.empty() ? std::vector<int32_t>() : places_of(op));
  const NoiseArgs<T> args = {.x = binding.at(op.x),
                             .y = binding.at(op.y),
                             .ld = t.ld,
                             .rows = 0,
                             .cols = t.last,
                             .outer = t.outer,
                             .normal = op.normal,
                             .multiplies = op.multiplies,
                             .rate = op.rate,
                             .scale = op.scale,
                             .shift = op.shift,
                             .dropped = op.dropped,
                             .seed = op.seed,
                             .call = 0,
                             .first = 0,
                             .places = places->empty() ? nullptr : places->data(),
                             .drawn = size_of(op.drawn),
                             .shared = op.shared,
                             .numbers = nullptr};
  if (args.places != nullptr) binding.want_scratch(padded64(args.drawn));
  const auto run = [&binding, args, places, kernel = binding.kernels.noise](const StepInput& in, Share share) {
    NoiseArgs<T> step = args;
    const Range rows = cut(in.rows, 1, share);
    step.x += rows.begin * step.outer * step.ld, step.y += rows.begin * step.outer * step.ld;
    step.rows = rows.size();
    step.call = in.call;
    step.first = in.first_of_call + rows.begin;
    step.numbers = reinterpret_cast<float*>(binding.scratch(share));
    kernel(step);
  };
  steps.push_back({run, {binding.reads(op.x), binding.writes(op.y)}});
}

template <class T>
void bind(Binding<T>& binding, const Activity& op, Steps& steps) {
  const Tensor& t = binding.tensor(op.x);
  const ActivityArgs<T> args = {binding.at(op.x), nullptr, nullptr, binding.at(op.values), t.ld, 0,
                                t.last,           op.l1,   op.l2};
  const auto rows = [args, outer = t.outer, kernel = binding.kernels.activity](const StepInput& in, Share share) {
    ActivityArgs<T> step = args;
    const Range range = cut(in.rows * outer, 1, share);
    step.x += range.begin * step.ld, step.values += range.begin;
    step.rows = range.size();
    kernel(step);
  };
  steps.push_back({rows, {binding.reads(op.x), binding.writes(op.values)}});
  const auto sum = [values = args.values, outer = t.outer](const StepInput& in, Share) {
    double total = 0.0;
    for (int64_t row = 0; row < in.rows * outer; ++row) total += static_cast<double>(values[row]);
    in.totals[0] += total;  // (total / rows) · rows
  };
  steps.push_back({sum, {binding.reads(op.values)}, true});
}

template <class T>
void bind(Binding<T>& binding, const ActivityBackward& op, Steps& steps) {
  const Tensor& t = binding.tensor(op.x);
  const ActivityArgs<T> args = {
      binding.at(op.x), binding.at(op.dy), binding.at(op.dx), nullptr, t.ld, 0, t.last, op.l1, op.l2};
  const auto run = [args, outer = t.outer, kernel = binding.kernels.activity_backward](const StepInput& in,
                                                                                       Share share) {
    ActivityArgs<T> step = args;
    const Range range = cut(in.rows * outer, 1, share);
    const int64_t from = range.begin * step.ld;
    step.x += from, step.y += from;
    if (step.dy != nullptr) step.dy += from;
    step.rows = range.size();
    step.l1 /= static_cast<double>(in.rows), step.l2 /= static_cast<double>(in.rows);
    kernel(step);
  };
  steps.push_back({run, {binding.reads(op.x), binding.reads(op.dy), binding.writes(op.dx)}});
}

template <class T>
void bind(Binding<T>& binding, const Add& op, Steps& steps) {
  const ActivateArgs<T> args = {binding.at(op.a), binding.at(op.b), binding.at(op.y), 0, nullptr};
  const auto run = [args, t = binding.tensor(op.y), kernel = binding.kernels.add](const StepInput& in, Share share) {
    const Range range = cut(in.rows * t.outer, 1, share);
    const int64_t from = range.begin * t.ld;
    kernel({args.x + from, args.dy + from, args.y + from, range.size() * t.ld, nullptr});
  };
  steps.push_back({run, {binding.reads(op.a), binding.reads(op.b), binding.writes(op.y)}});
}

BARDANA_INSTANTIATE_BIND(Noise);
BARDANA_INSTANTIATE_BIND(Activity);
BARDANA_INSTANTIATE_BIND(ActivityBackward);
BARDANA_INSTANTIATE_BIND(Add);

}  // namespace bardana::cpu
