// Element types of users' arrays that the engine reads in place.
#pragma once

#include <cstdint>

namespace bardana {

enum class ElementType : uint8_t {
  boolean,
  int8,
  uint8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
  float16,
  float32,
  float64
};
constexpr int kElementTypes = 12;

}  // namespace bardana
