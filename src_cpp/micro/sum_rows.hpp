// SPDX-License-Identifier: BSD-3-Clause
// Column sums of a few hundred rows, up to eight vectors of columns at a time in registers.
#pragma once

#include <cstdint>

namespace {

constexpr int kSumVecs = 8;

// Wide rows are taken a few at a time, so that they are read nearly in order.
constexpr int64_t kWideRows = 16;

// Adds to zero or, where `more` is set, to what sums hold; `columns` end inside the last of Vecs
// vectors.
template <class T, int Vecs>
inline void sum_vectors(const T* rows, int64_t pitch, int64_t count, int64_t columns, T* sums,
                        bool more) {
  using V = Vec<T>;
  constexpr int last = (Vecs - 1) * V::width;
  const typename V::Mask mask = V::tail(columns - last);
  typename V::Reg acc[Vecs];
  PYCONV_UNROLL
  for (int v = 0; v < Vecs - 1; ++v) acc[v] = more ? V::load(sums + v * V::width) : V::zero();
  acc[Vecs - 1] = more ? V::load(sums + last, mask) : V::zero();
  for (int64_t i = 0; i < count; ++i, rows += pitch) {
    PYCONV_UNROLL
    for (int v = 0; v < Vecs - 1; ++v) acc[v] = V::add(acc[v], V::load(rows + v * V::width));
    acc[Vecs - 1] = V::add(acc[Vecs - 1], V::load(rows + last, mask));
  }
  PYCONV_UNROLL
  for (int v = 0; v < Vecs - 1; ++v) V::store(sums + v * V::width, acc[v]);
  V::store(sums + last, acc[Vecs - 1], mask);
}

template <class T, int Vecs>
inline void sum_at_most(const T* rows, int64_t pitch, int64_t count, int64_t columns, T* sums,
                        bool more) {
  if constexpr (Vecs > 1) {
    if (columns <= (Vecs - 1) * Vec<T>::width) {
      return sum_at_most<T, Vecs - 1>(rows, pitch, count, columns, sums, more);
    }
  }
  sum_vectors<T, Vecs>(rows, pitch, count, columns, sums, more);
}

template <class T>
void sum_rows(const T* rows, int64_t pitch, int64_t count, int64_t columns, T* sums) {
  constexpr int64_t step = kSumVecs * Vec<T>::width;
  const int64_t group = columns <= step ? count : kWideRows;
  int64_t i = 0;
  do {
    const int64_t taken = count - i < group ? count - i : group;
    for (int64_t j = 0; j < columns; j += step) {
      const int64_t here = columns - j < step ? columns - j : step;
      sum_at_most<T, kSumVecs>(rows + i * pitch + j, pitch, taken, here, sums + j, i > 0);
    }
    i += taken;
  } while (i < count);
}

}  // namespace
