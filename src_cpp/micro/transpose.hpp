// SPDX-License-Identifier: BSD-3-Clause
// Transposes a matrix by squares of Vec::width rows held in registers.
#pragma once

#include <cstdint>

namespace {

template <class T>
inline void transpose_square(const T* from, int64_t from_pitch, T* to, int64_t to_pitch) {
  using V = Vec<T>;
  typename V::Reg r[V::width];
  PYCONV_UNROLL
  for (int i = 0; i < V::width; ++i) r[i] = V::load(from + i * from_pitch);
  V::transpose(r);
  PYCONV_UNROLL
  for (int j = 0; j < V::width; ++j) V::store(to + j * to_pitch, r[j]);
}

// A square of which only `rows` rows and `columns` columns are there.
template <class T>
inline void transpose_edge(const T* from, int64_t from_pitch, T* to, int64_t to_pitch, int64_t rows,
                           int64_t columns) {
  using V = Vec<T>;
  const typename V::Mask in = V::tail(columns);
  const typename V::Mask out = V::tail(rows);
  typename V::Reg r[V::width];
  PYCONV_UNROLL
  for (int i = 0; i < V::width; ++i) {
    r[i] = i < rows ? V::load(from + i * from_pitch, in) : V::zero();
  }
  V::transpose(r);
  PYCONV_UNROLL
  for (int j = 0; j < V::width; ++j) {
    if (j < columns) V::store(to + j * to_pitch, r[j], out);
  }
}

// Columns taken together: a few whole cache lines of every row, so that reads stay in order.
constexpr int64_t kColumnLines = 4;

template <class T>
void transpose(const T* from, int64_t from_pitch, T* to, int64_t to_pitch, int64_t rows,
               int64_t columns) {
  constexpr int64_t width = Vec<T>::width;
  constexpr int64_t step = kColumnLines * 64 / int64_t(sizeof(T));
  for (int64_t first = 0; first < columns; first += step) {
    const int64_t last = columns - first < step ? columns : first + step;
    for (int64_t i = 0; i < rows; i += width) {
      for (int64_t j = first; j < last; j += width) {
        const T* square = from + i * from_pitch + j;
        T* target = to + j * to_pitch + i;
        if (rows - i >= width && columns - j >= width) {
          transpose_square(square, from_pitch, target, to_pitch);
        } else {
          transpose_edge(square, from_pitch, target, to_pitch, rows - i, columns - j);
        }
      }
    }
  }
}

}  // namespace
