// Steps that move users' rows in and results out.
#include <algorithm>
#include <cstring>

#include "cpu/binding.h"

namespace bardana::cpu {
namespace {

int64_t row_number(const StepInput& in, int64_t row) {
  return in.order == nullptr ? in.first + row : in.order[in.first + row];
}

constexpr int64_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::boolean:
    case ElementType::int8:
    case ElementType::uint8: return 1;
    case ElementType::int16:
    case ElementType::uint16:
    case ElementType::float16: return 2;
    case ElementType::int32:
    case ElementType::uint32:
    case ElementType::float32: return 4;
    default: return 8;
  }
}

/// Asks for the rows of the next step where these are short. The processor fetches long ones well enough by itself:
/// asking for them between the tiles of the first layer's gradient cost W1 more than it saved.
void prefetch_next(const Source& source, const StepInput& in) {
  constexpr int64_t kLine = 64, kShort = 4 * kLine;
  const int64_t bytes = source.row_elements * element_bytes(source.type);
  if (bytes > kShort) return;
  const int64_t count = std::clamp<int64_t>(in.visited - in.first - in.rows, 0, in.rows);
  for (int64_t row = in.rows; row < in.rows + count; ++row) {
    const char* at = static_cast<const char*>(source.data) + row_number(in, row) * bytes;
    for (int64_t line = 0; line < bytes; line += kLine) __builtin_prefetch(at + line);
  }
}

/// Rows [range) of a user's array, converted, to y.
template <class T>
void gather(const Kernels<T>& kernels, const Source& source, const StepInput& in, Range range, int64_t cols, T* y,
            int64_t ld) {
  kernels.gather(
      {source.data, source.type, in.order, in.first + range.begin, range.size(), cols, y + range.begin * ld, ld});
}

/// Class numbers of the step's rows, converted; they were checked before the first step.
void gather_labels(const Source& source, const StepInput& in, Range range, int64_t groups, int32_t* labels) {
  visit_elements(source, [&](const auto* from) {
    for (int64_t row = range.begin; row < range.end; ++row) {
      const int64_t index = row_number(in, row);
      for (int64_t i = 0; i < groups; ++i) labels[row * groups + i] = class_number(from[index * groups + i]);
    }
  });
}

/// For every element of a row of y, in order, where it stands in a row of x: groups of `last` at a distance of ld.
std::vector<int64_t> permuted_places(const std::vector<int64_t>& sizes, const std::vector<int64_t>& order, int64_t last,
                                     int64_t ld) {
  std::vector<int64_t> strides(sizes.size(), 1), index(sizes.size(), 0), places;
  for (size_t axis = sizes.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * sizes[axis];
  const int64_t total = size_of(sizes);
  for (int64_t element = 0; element < total; ++element) {
    int64_t from = 0;
    for (size_t axis = 0; axis < order.size(); ++axis) from += index[axis] * strides[static_cast<size_t>(order[axis])];
    places.push_back(from / last * ld + from % last);
    for (size_t axis = order.size(); axis-- > 0;) {  // count on, the last axis fastest
      if (++index[axis] < sizes[static_cast<size_t>(order[axis])]) break;
      index[axis] = 0;
    }
  }
  return places;
}

}  // namespace

template <class T>
void bind(Binding<T>& binding, const GatherInput& op, Steps& steps) {
  const Tensor t = binding.tensor(op.y);
  const T** rows = binding.rows(op.y);
  const auto run = [&binding, t, rows, y = binding.at(op.y)](const StepInput& in, Share share) {
    const Range range = cut(in.rows, 1, share);
    if (binding.reads_in_place(in)) {
      const T* x = static_cast<const T*>(in.x->data);
      for (int64_t row = range.begin; row < range.end; ++row) rows[row] = x + row_number(in, row) * t.last;
    } else {
      gather(binding.kernels, *in.x, in, range, t.last, y, t.ld);
      for (int64_t row = range.begin; row < range.end; ++row) rows[row] = y + row * t.ld;
    }
    if (share.rank == 0) prefetch_next(*in.x, in);
  };
  steps.push_back({run, {binding.writes(op.y)}});
}

template <class T>
void bind(Binding<T>& binding, const GatherTarget& op, Steps& steps) {
  const Tensor t = binding.tensor(op.y);
  const auto run = [&binding, t, y = binding.at(op.y)](const StepInput& in, Share share) {
    const Range range = cut(in.rows, 1, share);
    if (t.kind == Tensor::Kind::labels) {
      gather_labels(*in.y, in, range, t.outer, reinterpret_cast<int32_t*>(y));
    } else {
      gather(binding.kernels, *in.y, in, range, t.last, y, t.ld);
    }
    if (share.rank == 0) prefetch_next(*in.y, in);
  };
  steps.push_back({run, {binding.writes(op.y)}});
}

template <class T>
void bind(Binding<T>& binding, const GatherWeight& op, Steps& steps) {
  const auto run = [&binding, y = binding.at(op.y), groups = binding.tensor(op.y).outer](const StepInput& in, Share) {
    if (in.weight->data == nullptr) {
      std::fill_n(y, in.rows * groups, T(1));
      return;
    }
    const int64_t given = in.weight->row_elements;
    gather(binding.kernels, *in.weight, in, {0, in.rows}, given, y, given);
    prefetch_next(*in.weight, in);
    if (given == groups) return;
    for (int64_t row = in.rows; row-- > 0;) std::fill_n(y + row * groups, groups, y[row]);  // from the back, in place
  };
  steps.push_back({run, {binding.writes(op.y)}, true});
}

template <class T>
void bind(Binding<T>& binding, const Repack& op, Steps& steps) {
  const Tensor from = binding.tensor(op.x), to = binding.tensor(op.y);
  const auto run = [x = binding.at(op.x), y = binding.at(op.y), from, to](const StepInput& in, Share share) {
    const Range range = cut(in.rows, 1, share);
    std::memset(y + range.begin * to.outer * to.ld, 0,
                static_cast<size_t>(range.size() * to.outer * to.ld) * sizeof(T));
    int64_t run = 0;
    for (int64_t done = range.begin * from.row_size(); done < range.end * from.row_size(); done += run) {
      run = std::min(from.last - done % from.last, to.last - done % to.last);
      std::memcpy(y + done / to.last * to.ld + done % to.last, x + done / from.last * from.ld + done % from.last,
                  static_cast<size_t>(run) * sizeof(T));
    }
  };
  steps.push_back({run, {binding.reads(op.x), binding.writes(op.y)}});
}

template <class T>
void bind(Binding<T>& binding, const Permute& op, Steps& steps) {
  const Tensor from = binding.tensor(op.x), to = binding.tensor(op.y);
  const auto run = [x = binding.at(op.x), y = binding.at(op.y), from, to,
                    source = permuted_places(op.sizes, op.order, from.last, from.ld)](const StepInput& in,
                                                                                      Share share) {
    const Range range = cut(in.rows, 1, share);
    for (int64_t row = range.begin; row < range.end; ++row) {
      const T* of_row = x + row * from.outer * from.ld;
      T* group = y + row * to.outer * to.ld;
      for (int64_t i = 0; i < to.outer; ++i, group += to.ld) {
        for (int64_t j = 0; j < to.last; ++j) group[j] = of_row[source[static_cast<size_t>(i * to.last + j)]];
        std::fill(group + to.last, group + to.ld, T(0));
      }
    }
  };
  steps.push_back({run, {binding.reads(op.x), binding.writes(op.y)}});
}

template <class T>
void bind(Binding<T>& binding, const Emit& op, Steps& steps) {
  const auto run = [x = binding.at(op.x), t = binding.tensor(op.x)](const StepInput& in, Share share) {
    T* to = static_cast<T*>(in.output);
    const Range range = cut(in.rows * t.outer, 1, share);
    for (int64_t row = range.begin; row < range.end; ++row) {
      std::memcpy(to + row * t.last, x + row * t.ld, static_cast<size_t>(t.last) * sizeof(T));
    }
  };
  steps.push_back({run, {binding.reads(op.x)}});
}

BARDANA_INSTANTIATE_BIND(GatherInput);
BARDANA_INSTANTIATE_BIND(GatherTarget);
BARDANA_INSTANTIATE_BIND(GatherWeight);
BARDANA_INSTANTIATE_BIND(Repack);
BARDANA_INSTANTIATE_BIND(Permute);
BARDANA_INSTANTIATE_BIND(Emit);

}  // namespace bardana::cpu
