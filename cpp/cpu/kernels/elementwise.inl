// Kernels that treat every element alike: activations and their derivatives, dropout, optimizer updates, and the gather
// that converts rows of a user's array.

/// Broadcast parameters of a formula, hoisted out of the loops.
template <class T, class Formula>
struct Hoisted {
  Vec<T> list[Formula::parameters.count == 0 ? 1 : Formula::parameters.count];
  explicit Hoisted(const double* parameters) {
    for (int i = 0; i < Formula::parameters.count; ++i) list[i] = Vec<T>::of(parameters[i]);
  }
};

template <class T, class Formula>
void activate(const ActivateArgs<T>& a) {
  const Hoisted<T, Formula> p(a.parameters);
  for (int64_t i = 0; i < a.size; i += Vec<T>::kLanes) store(a.y + i, Formula::value(Vec<T>::load(a.x + i), p.list));
}

template <class T, class Formula>
void activate_backward(const ActivateArgs<T>& a) {
  const Hoisted<T, Formula> p(a.parameters);
  for (int64_t i = 0; i < a.size; i += Vec<T>::kLanes) {
    store(a.y + i, Formula::grad(Vec<T>::load(a.x + i), Vec<T>::load(a.dy + i), p.list));
  }
}

template <class T, class Formula>
void update(const UpdateArgs<T>& a) {
  constexpr int kSlots = Formula::slots, kHyper = Formula::parameters.count;
  double hyper[kHyper == 0 ? 1 : kHyper];  // a copy, which the stores below cannot change
  for (int i = 0; i < kHyper; ++i) hyper[i] = a.hyper[i];
  Vec<T> numbers[Formula::numbers];
  for (int i = 0; i < Formula::numbers; ++i) numbers[i] = Vec<T>::of(a.numbers[i]);
  for (int64_t i = 0; i < a.size; i += Vec<T>::kLanes) {
    Vec<T> w = Vec<T>::load(a.w + i);
    Vec<T> slot[kSlots == 0 ? 1 : kSlots];
    for (int s = 0; s < kSlots; ++s) slot[s] = Vec<T>::load(a.slots[s] + i);
    Formula::update(w, Vec<T>::load(a.dw + i), slot, hyper, numbers);
    store(a.w + i, w);
    for (int s = 0; s < kSlots; ++s) store(a.slots[s] + i, slot[s]);
  }
}

/// The words of the blocks low … low + kDropoutBlocks − 1 of Philox(seed, high ‖ ·), in order. A loop of independent
/// blocks, which the compiler turns into vectors.
constexpr int kDropoutBlocks = 16;
BARDANA_FN void fill_words(uint64_t seed, uint64_t high, uint64_t low, uint32_t (&words)[4 * kDropoutBlocks]) {
  for (int block = 0; block < kDropoutBlocks; ++block) {
    const PhiloxWords four = philox(seed, high, low + static_cast<uint64_t>(block));
    for (int i = 0; i < 4; ++i) words[4 * block + i] = four.word[i];
  }
}

template <class T>
void dropout(const DropoutArgs<T>& a) {
  constexpr int64_t kColumns = 4 * kDropoutBlocks;
  const auto threshold = static_cast<uint64_t>(__builtin_ceil(a.rate * 4294967296.0));
  const auto lowest = static_cast<uint32_t>(threshold);  // of the words that keep their element
  const T scale = threshold >> 32 == 0 ? static_cast<T>(1.0 / (1.0 - a.rate)) : T(0);
  for (int64_t row = 0; row < a.rows; ++row) {
    for (int64_t column = 0; column < padded(a.cols); column += kColumns) {
      alignas(64) uint32_t words[kColumns];
      fill_words(a.seed, a.call, static_cast<uint64_t>(a.first + row) << 32 | static_cast<uint64_t>(column / 4), words);
      const int64_t left = padded(a.cols) - column, count = left < kColumns ? left : kColumns;
      const T* x = a.x + row * a.ld + column;
      T* y = a.y + row * a.ld + column;
      for (int64_t i = 0; i < count; ++i) {
        const T scaled = x[i] * scale;
        y[i] = words[i] >= lowest && threshold >> 32 == 0 ? scaled : T(0);
      }
    }
  }
}

struct Boolean {
  uint8_t byte;
  explicit operator float() const { return byte != 0; }
  explicit operator double() const { return byte != 0; }
};

template <class T, class S>
void gather_from(const GatherArgs<T>& a) {
  for (int64_t row = 0; row < a.rows; ++row) {
    const int64_t index = a.order != nullptr ? a.order[a.first + row] : a.first + row;
    const S* from = static_cast<const S*>(a.source) + index * a.cols;
    T* to = a.y + row * a.ldy;
    if (a.ldy % kPad == 0) {  // the padding, and what shares a vector with it
      for (int64_t i = a.cols / kPad * kPad; i < a.ldy; i += Vec<T>::kLanes) store(to + i, Vec<T>::of(0));
    }
    for (int64_t i = 0; i < a.cols; ++i) to[i] = static_cast<T>(from[i]);
  }
}

template <class T>
void gather(const GatherArgs<T>& a) {
  static constexpr void (*kByType[kElementTypes])(const GatherArgs<T>&) = {
      gather_from<T, Boolean>,  gather_from<T, int8_t>,  gather_from<T, uint8_t>,  gather_from<T, int16_t>,
      gather_from<T, uint16_t>, gather_from<T, int32_t>, gather_from<T, uint32_t>, gather_from<T, int64_t>,
      gather_from<T, uint64_t>, gather_from<T, Half>,    gather_from<T, float>,    gather_from<T, double>};
  kByType[static_cast<int>(a.type)](a);
}
