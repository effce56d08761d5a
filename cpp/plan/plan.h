// A plan: the flat list of ops of one mode, sized for at most `capacity` rows. Data only; a backend binds it.
#pragma once

#include <string>
#include <vector>

#include "common/shape.h"
#include "plan/op.h"

namespace bardana {

enum class Mode : uint8_t { train, evaluate, predict, gradients };

const char* name_of(Mode mode);
/// std::invalid_argument for an unknown name.
Mode parse_mode(const std::string& name);

/// A block of the workspace. A row of a batch is `outer` groups of `last` numbers, each group padded to `ld`.
struct Tensor {
  enum class Kind : uint8_t { batch, labels, columns };  // labels: int32; columns: one group, whatever the rows
  Kind kind = Kind::batch;
  int64_t outer = 1, last = 1, ld = 16;
  int64_t bytes = 0;    // at full capacity
  int64_t offset = -1;  // in the workspace, set by placement

  int64_t row_size() const { return outer * last; }
};

struct Plan {
  Mode mode = Mode::predict;
  bool training = false;  // dropout draws its masks
  DType dtype = DType::float32;
  int64_t capacity = 0;
  std::vector<Tensor> tensors;
  std::vector<Op> ops;
  std::vector<std::string> variable_names;
  bool logits_visible = true;  // losses may be taken from what a final softmax or sigmoid was made from
  int64_t workspace_bytes = 0;

  const Tensor& tensor(TensorId id) const { return tensors[static_cast<size_t>(id)]; }
  Tensor& tensor(TensorId id) { return tensors[static_cast<size_t>(id)]; }
};

/// The plan as text, an op a line with shapes and offsets: what model.explain() prints.
std::string describe(const Plan& plan);

}  // namespace bardana
