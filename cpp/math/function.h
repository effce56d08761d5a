// How every function of the shared formula headers is declared. They have no #include, no namespace and no library
// names, because ISA files include them as text inside unnamed namespaces, and CUDA files for the device.
#pragma once

#if defined(__CUDACC__)
#define BARDANA_FN static __device__ __forceinline__
#define BARDANA_LIBRARY(function) ::function
#else
#define BARDANA_FN [[gnu::always_inline]] static inline
/// The C library's function, reached without a header.
#define BARDANA_LIBRARY(function) __builtin_##function
#endif
