// A user's array as the engine sees it: rows of numbers of some element type, read in place.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <type_traits>

#include "common/element_type.h"
#include "common/shape.h"
#include "math/function.h"

namespace bardana {

#include "math/half.h"

/// The axes of one row, held in place: describing an array allocates nothing.
class RowShape {
 public:
  static constexpr size_t kMaxAxes = 64;  // NumPy's limit

  RowShape() {}  // leaves the axes that are not there uninitialised
  RowShape(std::initializer_list<int64_t> axes) : RowShape(Axes(axes.begin(), axes.size())) {}
  explicit RowShape(Axes axes) : size_(axes.size()) {
    if (size_ > kMaxAxes) fail("expected at most ", kMaxAxes, " axes, received ", size_);
    std::copy(axes.begin(), axes.end(), axes_);
  }
  RowShape(const RowShape& other) : RowShape(Axes(other)) {}
  RowShape& operator=(const RowShape& other) {
    size_ = other.size_;
    std::copy_n(other.axes_, size_, axes_);
    return *this;
  }
  operator Axes() const { return {axes_, size_}; }

 private:
  size_t size_ = 0;
  int64_t axes_[kMaxAxes];
};

struct Source {
  const void* data = nullptr;  // null: absent; owned by the caller
  ElementType type = ElementType::float32;
  int64_t rows = 0, row_elements = 1;
  RowShape row_shape;
};

/// A class number as the engine holds it. What 32 bits cannot hold (NaN too) becomes a number that no class has.
template <class Number>
int32_t class_number(Number value) {
  constexpr int32_t kNoClass = std::numeric_limits<int32_t>::min();
  const auto wide = static_cast<double>(value);
  return wide > kNoClass && wide < -static_cast<double>(kNoClass) ? static_cast<int32_t>(wide) : kNoClass;
}

/// The number of a row of a matrix: whole numbers as they are, others as a model of type T sees them.
template <class T, class Number>
int32_t row_index(Number value) {
  if constexpr (std::is_integral_v<Number>) {
    return class_number(value);
  } else {
    return class_number(static_cast<T>(value));
  }
}

/// Calls visit(pointer of the array's element type).
template <class Visit>
void visit_elements(const Source& source, Visit visit) {
  switch (source.type) {
    case ElementType::boolean:
    case ElementType::uint8: return visit(static_cast<const uint8_t*>(source.data));
    case ElementType::int8: return visit(static_cast<const int8_t*>(source.data));
    case ElementType::int16: return visit(static_cast<const int16_t*>(source.data));
    case ElementType::uint16: return visit(static_cast<const uint16_t*>(source.data));
    case ElementType::int32: return visit(static_cast<const int32_t*>(source.data));
    case ElementType::uint32: return visit(static_cast<const uint32_t*>(source.data));
    case ElementType::int64: return visit(static_cast<const int64_t*>(source.data));
    case ElementType::uint64: return visit(static_cast<const uint64_t*>(source.data));
    case ElementType::float32: return visit(static_cast<const float*>(source.data));
    case ElementType::float64: return visit(static_cast<const double*>(source.data));
    case ElementType::float16: return visit(static_cast<const Half*>(source.data));
  }
}

}  // namespace bardana
