// The order in which an epoch visits the rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bardana {

/// A permutation of 0 … rows − 1 that depends on (seed, epoch) alone: Fisher–Yates (Durstenfeld 1964) fed by Philox
/// words, with bounded integers by multiplication (Lemire 2019).
std::vector<int64_t> permutation(int64_t rows, uint64_t seed, uint64_t epoch);

}  // namespace bardana
