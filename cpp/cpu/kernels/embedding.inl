// Rows of a matrix by number, and the gradient of that: sums over the groups of equal number, in the order of the
// groups, whichever thread takes the row.

/// Calls visit(column, offset in the stored matrix) for the vectors of one row in all panels.
template <class T, class Visit>
BARDANA_FN void for_row_of_panels(int64_t rows, int64_t cols, int64_t row, Visit visit) {
  for (int64_t first = 0; first < cols; first += kPanel) {
    const int64_t width = panel_width(cols, first), offset = first * rows + row * width;
    for (int64_t i = 0; i < width; i += Vec<T>::kLanes) visit(first + i, offset + i);
  }
}

/// The row that a number stands for, or −1.
BARDANA_FN int64_t row_of(int32_t id, int64_t rows) {
  const int64_t row = id < 0 ? id + rows : id;
  return row >= 0 && row < rows ? row : -1;
}

template <class T>
void embed(const EmbedArgs<T>& a) {
  for (int64_t g = 0; g < a.count; ++g) {
    T* y = a.y + g * a.ld;
    const int64_t row = row_of(a.ids[g], a.rows);
    if (row < 0) {
      row_fill(y, a.cols, [](int64_t) { return Vec<T>::of(kNan); });
    } else {
      for_row_of_panels<T>(a.rows, a.cols, row,
                           [&](int64_t column, int64_t stored) { store(y + column, Vec<T>::load(a.w + stored)); });
    }
  }
}

/// Zeros in the rows [begin, end) of every panel.
template <class T>
BARDANA_FN void clear_rows(const EmbedBackwardArgs<T>& a) {
  for (int64_t first = 0; first < a.cols; first += kPanel) {
    const int64_t width = panel_width(a.cols, first);
    T* panel = a.dw + first * a.rows;
    for (int64_t i = a.begin * width; i < a.end * width; i += Vec<T>::kLanes) store(panel + i, Vec<T>::of(0));
  }
}

template <class T>
void embed_backward(const EmbedBackwardArgs<T>& a) {
  if (!a.fold) clear_rows(a);
  const Vec<T> rate = Vec<T>::of(a.learning_rate);
  for (int64_t g = 0; g < a.count; ++g) {
    const int64_t row = row_of(a.ids[g], a.rows);
    if (row < a.begin || row >= a.end) continue;
    const T* dy = a.dy + g * a.ld;
    for_row_of_panels<T>(a.rows, a.cols, row, [&](int64_t column, int64_t stored) {
      const Vec<T> before = Vec<T>::load(a.dw + stored), step = Vec<T>::load(dy + column);
      store(a.dw + stored, a.fold ? sgd_step(before, step, rate) : before + step);
    });
  }
}
