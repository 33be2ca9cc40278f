// SPDX-License-Identifier: BSD-3-Clause
// Transposes a matrix by squares of Vec::width rows held in registers.
#pragma once

#include <cstdint>

namespace {

// Rows lie far apart on both sides: so many squares ahead they are asked for.
constexpr int64_t kSquaresAhead = 4;

template <class T>
inline void transpose_square(const T* from, int64_t from_pitch, T* to, int64_t to_pitch) {
  using V = Vec<T>;
  typename V::Reg r[V::width];
  PYCONV_UNROLL
  for (int i = 0; i < V::width; ++i) {
    __builtin_prefetch(from + i * from_pitch + kSquaresAhead * V::width);
    __builtin_prefetch(to + i * to_pitch + kSquaresAhead * V::width, 1);
    r[i] = V::load(from + i * from_pitch);
  }
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

// The last square of a side starts early rather than ending late: whole vectors, written twice.
template <class T>
void transpose(const T* from, int64_t from_pitch, T* to, int64_t to_pitch, int64_t rows,
               int64_t columns) {
  constexpr int64_t width = Vec<T>::width;
  const bool whole = rows >= width && columns >= width;
  for (int64_t j = 0; j < columns; j += width) {
    const int64_t column = whole && columns - j < width ? columns - width : j;
    for (int64_t i = 0; i < rows; i += width) {
      const int64_t row = whole && rows - i < width ? rows - width : i;
      const T* square = from + row * from_pitch + column;
      T* target = to + column * to_pitch + row;
      if (whole) {
        transpose_square(square, from_pitch, target, to_pitch);
      } else {
        transpose_edge(square, from_pitch, target, to_pitch, rows - i, columns - j);
      }
    }
  }
}

}  // namespace
