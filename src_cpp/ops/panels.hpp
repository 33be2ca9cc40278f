// SPDX-License-Identifier: BSD-3-Clause
// The right operand of every product, as the register tiles read it.
#pragma once

#include <cstdint>

namespace pyconv {

// A row-major matrix, or its transpose seen through it.
template <class T>
struct Matrix {
  const T* data;
  int64_t pitch;    // elements between stored rows
  bool transposed;  // element (i, j) at data[j * pitch + i]
};

// Panels of `width` columns: panel p starts at data + p * panel_pitch, its row kk at + kk *
// row_pitch. In place, panel_pitch = width and row_pitch is the matrix's own.
template <class T>
struct Panels {
  const T* data;
  int64_t width;
  int64_t panel_pitch;
  int64_t row_pitch;

  const T* at(int64_t panel, int64_t k) const { return data + panel * panel_pitch + k * row_pitch; }
};

// The panel width that suits n columns: whole vectors, at most the widest tile.
template <class T>
int64_t panel_width(int64_t n);

// Copies rows [first_k, last_k) of `cols` columns from `column` on; tails are zero.
template <class T>
void pack_panel(const Matrix<T>& b, int64_t first_k, int64_t last_k, int64_t column, int64_t cols,
                int64_t width, T* to);

// All of b (k, n); `packed` holds packed_size(k, n, width) elements.
template <class T>
Panels<T> pack_panels(const Matrix<T>& b, int64_t k, int64_t n, int64_t width, T* packed);

int64_t packed_size(int64_t k, int64_t n, int64_t width);

}  // namespace pyconv
