// Shapes (without the batch axis) and the two element types that variables and activations may have.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/check.h"

namespace bardana {

using Shape = std::vector<int64_t>;
using Axes = std::span<const int64_t>;  // a shape that lives elsewhere

/// a · b; std::invalid_argument where it does not fit.
inline int64_t multiply(int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product))
    fail("expected sizes whose product fits 64 bits, received ", a, " and ", b);
  return product;
}

inline int64_t size_of(Axes shape) {
  int64_t size = 1;
  for (int64_t axis : shape) size = multiply(size, axis);
  return size;
}

inline bool equal(Axes a, Axes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

/// "(28, 28)", "(10,)", "()": as Python writes a tuple.
inline std::string to_string(Axes shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

/// The same shape with the unknown batch axis in front: "(None, 28, 28)".
inline std::string to_batch_string(Axes shape) {
  std::string text = "(None";
  for (int64_t axis : shape) text += ", " + std::to_string(axis);
  return text + (shape.empty() ? ",)" : ")");
}

enum class DType : uint8_t { float32, float64 };

inline int64_t bytes_of(DType dtype) { return dtype == DType::float32 ? 4 : 8; }
inline const char* name_of(DType dtype) { return dtype == DType::float32 ? "float32" : "float64"; }

inline DType parse_dtype(const std::string& name) {
  if (name == "float32") return DType::float32;
  if (name == "float64") return DType::float64;
  fail("expected dtype 'float32' or 'float64', received '", name, "'");
}

}  // namespace bardana
