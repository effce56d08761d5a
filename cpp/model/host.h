// Code outside the engine that a plan calls: layers, losses, metrics and optimizers in the language of the host. The
// engine sees this interface alone.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "common/element_type.h"
#include "common/shape.h"

namespace bardana {

/// An array that a host reads or fills: `runs` pieces of run_bytes each, stride_bytes apart, which put one behind the
/// other are an array of this shape in C order. Without `data` it is absent.
struct HostArray {
  std::byte* data = nullptr;
  ElementType type = ElementType::float32;
  Shape shape = {};
  int64_t runs = 0, run_bytes = 0, stride_bytes = 0;

  void read(void* to) const {
    copy([&](std::byte* own, int64_t place) {
      std::memcpy(static_cast<std::byte*>(to) + place, own, size_t(run_bytes));
    });
  }
  void write(const void* from) const {
    copy([&](std::byte* own, int64_t place) {
      std::memcpy(own, static_cast<const std::byte*>(from) + place, size_t(run_bytes));
    });
  }

 private:
  template <class Copy>
  void copy(Copy copy_run) const {
    for (int64_t run = 0; run < runs; ++run) copy_run(data + run * stride_bytes, run * run_bytes);
  }
};

/// What a host learns of the step besides arrays.
struct HostStep {
  bool training = false;
  double learning_rate = 0.0;
};

class Host {
 public:
  virtual ~Host() = default;
  /// Fills the outputs, those that are there, from the inputs; both are gone when it returns. May throw, which ends the
  /// call that runs the step.
  virtual void call(const HostStep& step, const std::vector<HostArray>& inputs,
                    const std::vector<HostArray>& outputs) = 0;
  /// For the printed plan.
  virtual const std::string& name() const = 0;
};

using HostPtr = std::shared_ptr<Host>;

}  // namespace bardana
