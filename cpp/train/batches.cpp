#include "train/batches.h"

#include <numeric>
#include <utility>

#include "math/formulas.h"

namespace bardana {
namespace {

/// 32-bit words number 0, 1, 2 … of the stream (seed, epoch).
class WordStream {
 public:
  WordStream(uint64_t seed, uint64_t epoch) : seed_(seed), epoch_(epoch) {}

  /// Uniform below `bound`, exactly: words that would favour small numbers are drawn again. Bounds beyond 32 bits take
  /// two words.
  uint64_t below(uint64_t bound) {
    if (bound >> 32 == 0) return below<uint32_t, uint64_t>(static_cast<uint32_t>(bound));
    return below<uint64_t, unsigned __int128>(bound);
  }

 private:
  template <class Word, class Wide>
  Word below(Word bound) {
    Wide product = static_cast<Wide>(next<Word>()) * bound;
    if (static_cast<Word>(product) < bound) {
      const Word unfair = static_cast<Word>(-bound) % bound;
      while (static_cast<Word>(product) < unfair) product = static_cast<Wide>(next<Word>()) * bound;
    }
    return static_cast<Word>(product >> (8 * sizeof(Word)));
  }

  template <class Word>
  Word next() {
    const uint64_t place = position_ % 4;
    if (place == 0) words_ = philox(seed_, epoch_, position_ / 4);
    ++position_;
    if constexpr (sizeof(Word) == 4) return words_.word[place];
    return static_cast<uint64_t>(words_.word[place]) << 32 | next<uint32_t>();
  }

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
