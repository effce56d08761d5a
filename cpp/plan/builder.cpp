#include "plan/builder.h"

#include "math/formulas.h"

namespace bardana {

TensorId Builder::push(Tensor tensor, int64_t elements, int64_t element_bytes) {
  tensor.bytes = multiply(elements, element_bytes);
  plan_.tensors.push_back(tensor);
  return static_cast<TensorId>(plan_.tensors.size()) - 1;
}

TensorId Builder::batch(int64_t outer, int64_t last) {
  const int64_t ld = padded(last);
  return push({.outer = outer, .last = last, .ld = ld}, multiply(plan_.capacity, outer * ld), bytes_of(plan_.dtype));
}

TensorId Builder::column(int64_t outer, Tensor::Kind kind) {
  const int64_t element_bytes = kind == Tensor::Kind::labels ? 4 : bytes_of(plan_.dtype);
  return push({.kind = kind, .outer = outer, .last = 1, .ld = 1}, multiply(plan_.capacity, outer), element_bytes);
}

TensorId Builder::columns(int64_t last) {
  const int64_t ld = padded(last);
  return push({.kind = Tensor::Kind::columns, .last = last, .ld = ld}, ld, bytes_of(plan_.dtype));
}

TensorId Builder::like(TensorId x) {
  const Tensor& t = tensor(x);
  return batch(t.outer, t.last);
}

TensorId Builder::zeros(TensorId x) {
  const TensorId y = like(x);
  add(Zero{y});
  return y;
}

TensorId Builder::grouped(TensorId x, int64_t last) {
  const int64_t size = tensor(x).row_size();
  if (tensor(x).last == last) return x;
  BARDANA_ASSERT(last > 0 && size % last == 0);
  const TensorId y = batch(size / last, last);
  add(Repack{x, y});
  return y;
}

void Builder::finish() {
  for (Op& op : last_) plan_.ops.push_back(std::move(op));
  last_.clear();
}

}  // namespace bardana
