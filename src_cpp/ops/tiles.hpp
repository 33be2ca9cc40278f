// SPDX-License-Identifier: BSD-3-Clause
// Drives register tiles over a block of rows: what gemm and every convolution pass share.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels.hpp"

namespace pyconv {

// Sums run in blocks of at most this many elements of K, so bits depend on no cache size.
constexpr int64_t kBlockK = 256;
// Between the rows of a copied block: a power of two would put them all into the same few sets of
// the first cache.
constexpr int64_t kBlockPitch = kBlockK + 16;

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// What is done to a finished element: nothing.
template <class T>
TileEnd<T> plain_end() {
  return TileEnd<T>{false, nullptr, T(0), T(0), false, 0, false};
}

template <class T>
TileEnd<T> columns_from(const TileEnd<T>& end, int64_t column) {
  TileEnd<T> moved = end;
  if (moved.bias) moved.bias += column;
  return moved;
}

// Asks the caches for elements that will be read soon.
template <class T>
void fetch(const T* from, int64_t count) {
  constexpr int64_t line = 64 / sizeof(T);
  for (int64_t i = 0; i < count; i += line) __builtin_prefetch(from + i);
}

// Lines that a row tile asks for while it computes, `step` elements apart.
template <class T>
struct AskedLines {
  const T* first;
  int64_t step;
};

// Tile `number` asks for a line of every other row from `rows` on, so that the first
// kAskSteps * width / line of them ask for all.
template <class T>
AskedLines<T> lines_of_rows(const T* rows, int64_t pitch, int64_t width, int64_t number) {
  const int64_t line = 64 / sizeof(T), lines = ceil_div(width, line);
  return {rows + number / lines % kAskSteps * pitch + number % lines * line, kAskSteps * pitch};
}

// Rows that a tile adds to, or writes, lie far apart.
template <class T>
void fetch_targets(T* const* c, int64_t rows, int64_t column, int64_t cols, const TileEnd<T>& end) {
  for (int64_t r = 0; r < rows; ++r) fetch(c[r] + column + end.residual, cols);
}

// Rows are split evenly over as few tiles as possible: 14 = 7 + 7, not 9 + 5.
template <class Body>
void for_each_tile(int64_t rows, int64_t tallest, Body&& body) {
  const int64_t tiles = ceil_div(rows, tallest);
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t first = rows * t / tiles;
    body(first, rows * (t + 1) / tiles - first);
  }
}

// C[rows x cols] from rows of A with k contiguous; c[r] is the start of row r of C.
template <class T>
void multiply_rows(const KernelTable<T>& table, int64_t rows, int64_t k, const T* const* a,
                   const T* b, int64_t ldb, T* const* c, int64_t column, int64_t cols,
                   const TileEnd<T>& end) {
  const int64_t vecs = ceil_div(cols, table.width);
  for_each_tile(rows, table.row_tile_rows[vecs - 1], [&](int64_t first, int64_t count) {
    if (end.residual) fetch_targets(c + first, count, column, cols, end);
    table.row_tile[vecs - 1][count - 1](k, a + first, 0, b, ldb, c + first, column, cols, end, b,
                                        0);
  });
}

// The same over some stretches of K, with element kk of row r of A at a[r][index[kk]]. Of rows that
// are `far` the next tile's are asked for while a tile is computed: `far` elements of each.
template <class T>
void multiply_indexed(const KernelTable<T>& table, int64_t rows, const Stretch* stretches,
                      int64_t stretch_count, const T* const* a, const int64_t* index, const T* b,
                      int64_t ldb, T* const* c, int64_t column, int64_t cols, const TileEnd<T>& end,
                      int64_t far = 0) {
  const int64_t vecs = ceil_div(cols, table.width);
  const TileEnd<T> moved = columns_from(end, column);
  for_each_tile(rows, table.indexed_tile_rows[vecs - 1], [&](int64_t first, int64_t count) {
    T* out[kMaxRows];
    for (int64_t r = 0; r < count; ++r) out[r] = c[first + r] + column;
    if (end.residual || end.accumulate) fetch_targets(out, count, 0, cols, end);
    const int64_t next = std::min(rows, first + 2 * count);
    for (int64_t r = first + count; far && r < next; ++r) fetch(a[r] + index[0], far);
    table.indexed_tile[vecs - 1][count - 1](stretches, stretch_count, a + first, index, b, ldb, out,
                                            cols, moved);
  });
}

// The same from A stored with its rows contiguous: element (r, kk) at a[kk * lda + r].
template <class T>
void multiply_columns(const KernelTable<T>& table, int64_t rows, int64_t k, const T* a, int64_t lda,
                      const T* b, int64_t ldb, T* c, int64_t ldc, int64_t cols,
                      const TileEnd<T>& end) {
  const int64_t vecs = ceil_div(cols, table.width);
  for_each_tile(rows, table.column_tile_rows[vecs - 1], [&](int64_t first, int64_t count) {
    T* out[kMaxRows];
    for (int64_t r = 0; r < count; ++r) out[r] = c + (first + r) * ldc;
    table.column_tile[vecs - 1][count - 1](k, a + first, lda, b, ldb, out, cols, end);
  });
}

}  // namespace pyconv
