// What metrics with a larger state count (math/tallies.h), in the order of rows and columns, in double.

BARDANA_FN double weight_of(const double* weights, int64_t i) { return weights != nullptr ? weights[i] : 1.0; }

/// How many of the rising thresholds lie below y; none below NaN.
template <class M>
BARDANA_FN int64_t count_below(M y, const double* thresholds, int64_t count) {
  int64_t low = 0, high = count;
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    if (static_cast<M>(thresholds[middle]) < y) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// The same for thresholds i / (count − 1), by multiplication, of y moved into [0, 1].
template <class M>
BARDANA_FN int64_t count_evenly_below(M y, int64_t count, bool from_below) {
  if (!(y == y)) return 0;
  const M inside = y < M(0) ? M(0) : y > M(1) ? M(1) : y;
  const M place = inside * static_cast<M>(count - 1);
  auto below = static_cast<int64_t>(place);
  below += static_cast<M>(below) < place;
  return from_below && below == 0 ? 1 : below;
}

/// The k-th largest entry of a row and its column; of equal ones the first is the larger.
template <class T>
struct TopEntry {
  T value;
  int64_t column;
  bool holds(T x, int64_t i) const { return x > value || (x == value && i <= column); }
};

template <class T>
BARDANA_FN TopEntry<T> kth_largest(const T* x, int64_t cols, int64_t k) {
  TopEntry<T> last = {static_cast<T>(kInfinity), -1};
  for (int64_t place = 0; place < k; ++place) {
    TopEntry<T> next = {static_cast<T>(-kInfinity), cols};
    for (int64_t i = 0; i < cols; ++i) {
      const bool after = x[i] < last.value || (x[i] == last.value && i > last.column);
      if (after && (next.column == cols || x[i] > next.value)) next = {x[i], i};
    }
    last = next;
  }
  return last;
}

/// Compared as numbers of type M.
template <class T, class M>
void count_at_thresholds(const TallyArgs<T>& a) {
  const double* p = a.parameters;
  const bool by_label = p[kByLabel] != 0.0, even = p[kEven] != 0.0, from_below = p[kFromBelow] != 0.0;
  const auto top_k = static_cast<int64_t>(p[kTopKCount]);
  int64_t first = 0, end = a.cols;
  if (p[kClassId] == p[kClassId]) {
    first = static_cast<int64_t>(p[kClassId]);
    first += first < 0 ? a.cols : 0;
    end = first + 1;
  }
  const int64_t places = a.threshold_count + 1;
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* y = a.pred + row * a.ld;
    const T* t = a.target + row * a.ld;
    const double weight = a.weight != nullptr ? static_cast<double>(a.weight[row]) : 1.0;
    const bool all = top_k == 0 || top_k >= a.cols;
    const TopEntry<T> top = all ? TopEntry<T>{} : kth_largest(y, a.cols, top_k);
    for (int64_t i = first; i < end; ++i) {
      const M value = all || top.holds(y[i], i) ? static_cast<M>(y[i]) : static_cast<M>(-1e10);
      const int64_t below = even ? count_evenly_below(value, a.threshold_count, from_below)
                                 : count_below(value, a.thresholds, a.threshold_count);
      const int64_t negative = static_cast<M>(t[i]) == M(0);
      const int64_t label = by_label ? i : 0;
      a.state[(2 * label + negative) * places + below] += weight * weight_of(a.label_weights, i);
    }
  }
}

template <class T>
void threshold_counts(const TallyArgs<T>& a) {
  if (a.parameters[kSingle] != 0.0) return count_at_thresholds<T, float>(a);
  count_at_thresholds<T, double>(a);
}

template <class T, class M>
void count_by_class(const TallyArgs<T>& a) {
  const bool largest = !(a.parameters[1] == a.parameters[1]);
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* y = a.pred + row * a.ld;
    const T* t = a.target + row * a.ld;
    const double weight = a.weight != nullptr ? static_cast<double>(a.weight[row]) : 1.0;
    auto threshold = static_cast<M>(a.parameters[1]);
    if (largest) {
      threshold = static_cast<M>(y[0]);
      for (int64_t i = 1; i < a.cols; ++i) {
        const auto value = static_cast<M>(y[i]);
        if (value > threshold || !(value == value)) threshold = value;
      }
    }
    for (int64_t i = 0; i < a.cols; ++i) {
      const auto value = static_cast<M>(y[i]);
      const M size = value < M(0) ? -value : value;
      const bool positive = largest ? value >= threshold && size > static_cast<M>(1e-9) : value > threshold;
      const auto target = static_cast<double>(static_cast<M>(t[i]));
      a.state[i] += positive ? weight * target : 0.0;
      a.state[a.cols + i] += positive ? weight * (1.0 - target) : 0.0;
      a.state[2 * a.cols + i] += positive ? 0.0 : weight * target;
      a.state[3 * a.cols + i] += weight * target;
    }
  }
}

template <class T>
void class_counts(const TallyArgs<T>& a) {
  if (a.parameters[0] != 0.0) return count_by_class<T, float>(a);
  count_by_class<T, double>(a);
}

template <class T>
void squares(const TallyArgs<T>& a) {
  double* by_column = a.state + 1;
  a.state[0] += static_cast<double>(a.rows * a.cols);
  for (int64_t row = 0; row < a.rows; ++row) {
    const T* y = a.pred + row * a.ld;
    const T* t = a.target + row * a.ld;
    const double weight = a.weight != nullptr ? static_cast<double>(a.weight[row]) : 1.0;
    for (int64_t i = 0; i < a.cols; ++i) {
      const double target = t[i], error = target - static_cast<double>(y[i]);
      by_column[i] += weight * target * target;
      by_column[a.cols + i] += weight * target;
      by_column[2 * a.cols + i] += weight * error * error;
      by_column[3 * a.cols + i] += weight;
    }
  }
}
