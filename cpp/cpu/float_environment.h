// Round to nearest, no flushing of denormals, while this lives: other libraries in the process may have set it
// otherwise.
#pragma once

#include <cstdint>

#ifdef BARDANA_X86_64
#include <xmmintrin.h>
#endif

namespace bardana::cpu {

class FloatEnvironment {
 public:
  FloatEnvironment() : saved_(read()) {
    if ((saved_ & kMode) != 0) write(saved_ & ~kMode);
  }
  ~FloatEnvironment() {
    if ((saved_ & kMode) != 0) write(saved_);
  }
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;

 private:
#if defined(BARDANA_X86_64)
  static constexpr uint64_t kMode = 0xE040;  // MXCSR: flush to zero, rounding mode, denormals are zero
  static uint64_t read() { return _mm_getcsr(); }
  static void write(uint64_t mode) { _mm_setcsr(static_cast<unsigned>(mode)); }
#elif defined(__aarch64__)
  static constexpr uint64_t kMode = 0x1C00000;  // FPCR: FZ, RMode
  static uint64_t read() {
    uint64_t mode;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void write(uint64_t mode) { asm volatile("msr fpcr, %0" ::"r"(mode)); }
#else
  static constexpr uint64_t kMode = 0;
  static uint64_t read() { return 0; }
  static void write(uint64_t) {}
#endif

  uint64_t saved_;
};

}  // namespace bardana::cpu
