// Which kernels run: chosen once per process, the best that this machine supports, or the one that BARDANA_ISA names.
#pragma once

#include <string>
#include <vector>

#include "cpu/kernel_table.h"

namespace bardana::cpu {

/// ISAs compiled in that this machine can run, worst first.
std::vector<const KernelTable*> supported_tables();

/// The chosen one. Throws std::invalid_argument if BARDANA_ISA names an unknown or unsupported ISA.
const KernelTable& active_table();

template <class T>
const Kernels<T>& kernels_in(const KernelTable& table);
template <>
inline const Kernels<float>& kernels_in(const KernelTable& table) {
  return table.f32;
}
template <>
inline const Kernels<double>& kernels_in(const KernelTable& table) {
  return table.f64;
}

}  // namespace bardana::cpu
