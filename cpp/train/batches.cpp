#include "train/batches.h"

#include <numeric>
#include <utility>

#include "math/formulas.h"

namespace bardana {
namespace {

/// 64-bit words number 0, 1, 2 … of the stream (seed, epoch).
class WordStream {
 public:
  WordStream(uint64_t seed, uint64_t epoch) : seed_(seed), epoch_(epoch) {}

  uint64_t next() {
    const uint64_t half = position_ % 2;
    if (half == 0) words_ = philox(seed_, epoch_, position_ / 2);
    ++position_;
    return static_cast<uint64_t>(words_.word[2 * half]) << 32 | words_.word[2 * half + 1];
  }

  /// Uniform below `bound`, exactly: words that would favour small numbers are drawn again.
  uint64_t below(uint64_t bound) {
    using Wide = unsigned __int128;
    Wide product = static_cast<Wide>(next()) * bound;
    if (const uint64_t unfair = -bound % bound; static_cast<uint64_t>(product) < unfair) {
      while (static_cast<uint64_t>(product) < unfair) product = static_cast<Wide>(next()) * bound;
    }
    return static_cast<uint64_t>(product >> 64);
  }

 private:
  uint64_t seed_, epoch_, position_ = 0;
  PhiloxWords words_{};
};

}  // namespace

std::vector<int64_t> permutation(int64_t rows, uint64_t seed, uint64_t epoch) {
  std::vector<int64_t> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  WordStream words(seed, epoch);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[words.below(i)]);
  return order;
}

}  // namespace bardana
