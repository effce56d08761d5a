// Half precision, which C++20 has no type for. Included as text inside a namespace, like the formulas.
#pragma once

/// IEEE 754 half to single precision, subnormals and specials included.
BARDANA_FN float from_half(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t magnitude = half & 0x7FFFu;
  if (magnitude < 0x0400u) {  // zero or subnormal: magnitude · 2⁻²⁴
    const float value = static_cast<float>(magnitude) * 0x1p-24f;
    return sign ? -value : value;
  }
  const uint32_t exponent = magnitude >= 0x7C00u ? 0x7F800000u : ((magnitude >> 10) + 112u) << 23;
  return __builtin_bit_cast(float, sign | exponent | (magnitude & 0x03FFu) << 13);
}

struct Half {
  uint16_t bits;
  explicit operator float() const { return from_half(bits); }
  explicit operator double() const { return from_half(bits); }
  double operator+() const { return from_half(bits); }
};
