// SPDX-License-Identifier: BSD-3-Clause
// Transposes a matrix by squares of Vec::width rows held in registers; a few planes of pixels to
// their channels, or back, by shuffles that the compiler finds.
#pragma once

#include <cstdint>

namespace {

// Rows lie far apart on both sides: so many squares ahead they are asked for.
constexpr int64_t kSquaresAhead = 4;

template <class T>
inline void transpose_square(const T* from, int64_t from_pitch, int64_t from_ahead, T* to,
                             int64_t to_pitch, int64_t to_ahead) {
  using V = Vec<T>;
  typename V::Reg r[V::width];
  PYCONV_UNROLL
  for (int i = 0; i < V::width; ++i) {
    __builtin_prefetch(from + i * from_pitch + from_ahead);
    __builtin_prefetch(to + i * to_pitch + to_ahead, 1);
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

// A few long rows become columns that lie side by side: the channels of pixels.
template <int rows, class T>
void interleave(const T* __restrict from, int64_t from_pitch, T* __restrict to, int64_t columns) {
  for (int64_t j = 0; j < columns; ++j) {
    PYCONV_UNROLL
    for (int i = 0; i < rows; ++i) to[j * rows + i] = from[i * from_pitch + j];
  }
}

// Few columns that lie side by side become long rows.
template <int columns, class T>
void separate(const T* __restrict from, T* __restrict to, int64_t to_pitch, int64_t rows) {
  for (int64_t i = 0; i < rows; ++i) {
    PYCONV_UNROLL
    for (int j = 0; j < columns; ++j) to[j * to_pitch + i] = from[i * columns + j];
  }
}

// The last square of a side starts early rather than ending late: whole vectors, written twice.
// Squares go along whichever side is longer: that matrix streams through.
template <class T>
void transpose(const T* from, int64_t from_pitch, T* to, int64_t to_pitch, int64_t rows,
               int64_t columns) {
  if (rows == 3 && to_pitch == 3) return interleave<3>(from, from_pitch, to, columns);
  if (columns == 3 && from_pitch == 3) return separate<3>(from, to, to_pitch, rows);
  constexpr int64_t width = Vec<T>::width;
  const bool whole = rows >= width && columns >= width;
  const bool down = from_pitch < 4 * width;
  const int64_t ahead = kSquaresAhead * width;
  const auto square = [&](int64_t i, int64_t j) {
    const int64_t row = whole && rows - i < width ? rows - width : i;
    const int64_t column = whole && columns - j < width ? columns - width : j;
    const T* source = from + row * from_pitch + column;
    T* target = to + column * to_pitch + row;
    if (whole) {
      transpose_square(source, from_pitch, down ? ahead * from_pitch : ahead, target, to_pitch,
                       ahead);
    } else {
      transpose_edge(source, from_pitch, target, to_pitch, rows - i, columns - j);
    }
  };
  if (down) {
    for (int64_t i = 0; i < rows; i += width) {
      for (int64_t j = 0; j < columns; j += width) square(i, j);
    }
  } else {
    for (int64_t j = 0; j < columns; j += width) {
      for (int64_t i = 0; i < rows; i += width) square(i, j);
    }
  }
}

}  // namespace
