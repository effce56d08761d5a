// The numbers of a model: flat buffers `params`, `grads` and `slots` (optimizer state), in which every variable is an
// aligned slice, trainable ones first. Matrices stand in column panels (math/layout.h); only read and write know that
// and speak the logical (in, out) order.
#pragma once

#include <vector>

#include "common/memory.h"
#include "model/spec.h"

namespace bardana {

class Variables {
 public:
  Variables(DType dtype, std::vector<VariableSpec> specs);

  int count() const { return static_cast<int>(specs_.size()); }
  const VariableSpec& spec(int id) const { return specs_.at(static_cast<size_t>(id)); }
  DType dtype() const { return dtype_; }
  /// Elements (with padding) before a variable's slice, and in all trainable slices together.
  int64_t offset(int id) const { return offsets_[static_cast<size_t>(id)]; }
  int64_t trainable_elements() const { return trainable_elements_; }
  /// Elements (with padding) of a variable's slice.
  int64_t stored_elements(int id) const;

  /// Gives every trainable variable as many slots, filled with these values, forgetting what was there.
  void reset_slots(const std::vector<double>& values);
  int slot_count() const { return static_cast<int>(slots_.size()); }

  Memory& params() { return params_; }
  Memory& grads() { return grads_; }
  Memory& slot(int s) { return slots_[static_cast<size_t>(s)]; }

  /// Copy between a variable's slice of a flat buffer and `values`, size_of(shape) elements in C order.
  void read(const Memory& buffer, int id, void* values) const;
  void write(Memory& buffer, int id, const void* values) const;
  /// Sets a variable's padding in a flat buffer to zero.
  void clear_padding(Memory& buffer, int id) const;

 private:
  DType dtype_;
  std::vector<VariableSpec> specs_;
  std::vector<int64_t> offsets_;
  int64_t trainable_elements_ = 0;
  Memory params_, grads_;
  std::vector<Memory> slots_;
};

}  // namespace bardana
