// Kernels over stored weights between the backward pass and the next step: penalties of regularizers, the options that
// all optimizers share, and constraints.

template <class T>
void accumulate(const AccumulateArgs<T>& a) {
  Vec<T> squares = Vec<T>::of(0);
  for (int64_t i = 0; i < a.size; i += Vec<T>::kLanes) {
    Vec<T> g = Vec<T>::load(a.dw + i);
    if (a.divisor != 1.0) g = g / Vec<T>::of(a.divisor);
    if (a.sum != nullptr) {
      g = g + Vec<T>::load(a.sum + i);
      store(a.sum + i, a.last ? Vec<T>::of(0) : g);
      if (a.last) g = g / Vec<T>::of(static_cast<double>(a.steps));
    }
    store(a.dw + i, g);
    squares = fma(g, g, squares);
  }
  if (a.squares != nullptr) *a.squares = static_cast<double>(sum_lanes(squares));
}

template <class T>
void clip(const ClipArgs<T>& a) {
  const Vec<T> factor = Vec<T>::of(a.factor), limit = Vec<T>::of(a.limit);
  for (int64_t i = 0; i < a.size; i += Vec<T>::kLanes) {
    const Vec<T> g = Vec<T>::load(a.dw + i) * factor;
    store(a.dw + i, a.limit > 0.0 ? min(limit, max(-limit, g)) : g);
  }
}

template <class T>
void decay(const DecayArgs<T>& a) {
  const Vec<T> factor = Vec<T>::of(a.factor);
  for (int64_t i = 0; i < a.size; i += Vec<T>::kLanes) {
    const Vec<T> w = Vec<T>::load(a.w + i);
    store(a.w + i, fma(-factor, w, w));
  }
}

template <class T>
void average(const AverageArgs<T>& a) {
  const Vec<T> momentum = Vec<T>::of(a.momentum), rest = Vec<T>::of(1) - momentum;
  for (int64_t i = 0; i < a.size; i += Vec<T>::kLanes) {
    const Vec<T> mean = momentum * Vec<T>::load(a.average + i) + rest * Vec<T>::load(a.w + i);
    store(a.average + i, mean);
    if (a.overwrites) store(a.w + i, mean);
  }
}

template <class T>
void penalty(const PenaltyArgs<T>& a) {
  const Vec<T> l1 = Vec<T>::of(a.l1), twice_l2 = Vec<T>::of(2.0 * a.l2);
  Vec<T> magnitudes = Vec<T>::of(0), squares = Vec<T>::of(0);
  for (int64_t i = 0; i < a.size; i += Vec<T>::kLanes) {
    const Vec<T> w = Vec<T>::load(a.w + i);
    magnitudes = magnitudes + abs(w);
    squares = fma(w, w, squares);
    if (a.dw == nullptr) continue;
    store(a.dw + i, Vec<T>::load(a.dw + i) + fma(twice_l2, w, l1 * sign_of(w)));
  }
  *a.sum = (a.l1 == 0.0 ? 0.0 : a.l1 * static_cast<double>(sum_lanes(magnitudes))) +
           (a.l2 == 0.0 ? 0.0 : a.l2 * static_cast<double>(sum_lanes(squares)));
}

template <class T>
BARDANA_FN Vec<T> load_some(const T* p, int64_t count) {
  return count < Vec<T>::kLanes ? load_first(p, count) : Vec<T>::load(p);
}

template <class T>
BARDANA_FN void store_some(T* p, Vec<T> a, int64_t count) {
  if (count >= Vec<T>::kLanes) return store(p, a);
  alignas(64) T lanes[Vec<T>::kLanes];
  store(lanes, a);
  for (int64_t i = 0; i < count; ++i) p[i] = lanes[i];
}

/// Every column is a group: its squares are added in the order of the rows.
template <class T, class Formula>
void constrain_columns(const ConstrainColumnsArgs<T>& a) {
  const Hoisted<T, Formula> p(a.parameters);
  for (int64_t column = 0; column < a.columns; column += Vec<T>::kLanes) {
    const int64_t count = a.columns - column;
    T* w = a.w + column;
    Vec<T> squares = Vec<T>::of(0);
    for (int64_t row = 0; Formula::wants_norm && row < a.rows; ++row) {
      const Vec<T> at = load_some(w + row * a.step, count);
      squares = fma(at, at, squares);
    }
    const Vec<T> norm = sqrt(squares);
    for (int64_t row = 0; row < a.rows; ++row) {
      T* at = w + row * a.step;
      store_some(at, Formula::value(load_some(at, count), norm, p.list), count);
    }
  }
}

/// visit(p, count) for the vectors of a group, run after run.
template <class T, class Visit>
BARDANA_FN void for_each_of_run(const ConstrainRunsArgs<T>& a, Visit visit) {
  for (int64_t run = 0; run < a.runs; ++run) {
    for (int64_t i = 0; i < kPanel; i += Vec<T>::kLanes) visit(a.w + run * a.step + i, kPanel);
  }
  for (int64_t i = 0; i < a.last_size; i += Vec<T>::kLanes) visit(a.last + i, a.last_size - i);
}

template <class T, class Formula>
void constrain_runs(const ConstrainRunsArgs<T>& a) {
  const Hoisted<T, Formula> p(a.parameters);
  Vec<T> squares = Vec<T>::of(0);
  if constexpr (Formula::wants_norm) {
    for_each_of_run(a, [&](T* at, int64_t count) {
      const Vec<T> w = load_some(at, count);
      squares = fma(w, w, squares);
    });
  }
  const Vec<T> norm = sqrt(Vec<T>::of(sum_lanes(squares)));
  for_each_of_run(
      a, [&](T* at, int64_t count) { store_some(at, Formula::value(load_some(at, count), norm, p.list), count); });
}
