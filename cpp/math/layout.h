// The one weight layout of every CPU: a matrix (rows × cols) is cut into column panels of 48; the last panel is padded
// to a multiple of 16. A panel stores its rows one after another, so a kernel reads 48 neighbouring weights at a time
// and never packs. Padding is exactly zero. Vectors and the rows of activations are padded to a multiple of 16.
#pragma once

constexpr long kPad = 16;
constexpr long kPanel = 48;

BARDANA_FN long padded(long size) { return (size + kPad - 1) / kPad * kPad; }

/// Width of the panel that starts at column `first`.
BARDANA_FN long panel_width(long cols, long first) { return cols - first >= kPanel ? kPanel : padded(cols - first); }

/// Elements of a whole matrix with its padding.
BARDANA_FN long panels_size(long rows, long cols) { return rows * (cols / kPanel * kPanel + padded(cols % kPanel)); }

/// Where element (row, col) stands.
BARDANA_FN long panel_offset(long rows, long cols, long row, long col) {
  const long first = col / kPanel * kPanel;
  return first * rows + row * panel_width(cols, first) + (col - first);
}
