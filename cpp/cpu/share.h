// How the work of one op is cut into the shares of a team. Cuts never change a result: every element is computed whole
// by one thread.
#pragma once

#include <algorithm>

#include "common/threads.h"
#include "math/formulas.h"

namespace bardana::cpu {

struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
  bool empty() const { return begin >= end; }
};

/// A share of 0 … total, cut at multiples of `unit`.
inline Range cut(int64_t total, int64_t unit, Share share) {
  if (share.size == 1) return {0, total};
  const int64_t units = (total + unit - 1) / unit;
  const auto bound = [&](int rank) { return std::min(total, units * rank / share.size * unit); };
  return {bound(share.rank), bound(share.rank + 1)};
}

/// A share of a k × n matrix in column panels, in stored elements, cut between rows of a panel (every 24th, a multiple
/// of what tiles take).
inline Range cut_panels(int64_t k, int64_t n, Share share) {
  constexpr int64_t kRows = 24;
  const int64_t total = panels_size(k, n);
  if (share.size == 1) return {0, total};
  const auto bound = [&](int rank) {
    if (rank == 0) return int64_t{0};
    if (rank == share.size) return total;
    const int64_t element = total * rank / share.size;
    const int64_t panel = element / (kPanel * k) * kPanel, width = panel_width(n, panel);
    const int64_t row = ((element - panel * k) / width + kRows - 1) / kRows * kRows;
    return panel * k + std::min(row, k) * width;
  };
  return {bound(share.rank), bound(share.rank + 1)};
}

}  // namespace bardana::cpu
