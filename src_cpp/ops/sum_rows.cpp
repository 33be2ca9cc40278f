// SPDX-License-Identifier: BSD-3-Clause
#include "ops/sum_rows.hpp"

#include <algorithm>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/layout.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Columns per task: a few rows of them fill the loads in flight.
constexpr int64_t kPiece = 1024;
// Channels per task: what is copied of them stays in the second cache.
constexpr int64_t kChannels = 64;

// Sums of blocks of rows: body(row, count, column, columns, out) makes those of one piece of them.
template <class T, class Body>
void sum_blocks(int64_t count, int64_t columns, int64_t piece, T* sums, Body&& body) {
  const int64_t blocks = ceil_div(count, kBlockK);
  const int64_t pieces = ceil_div(columns, piece);
  Scratch<T> partial(blocks * columns);
  parallel_for(blocks * pieces, count * columns * int64_t(sizeof(T)), [&](int64_t task) {
    const int64_t block = task / pieces, column = task % pieces * piece;
    body(block * kBlockK, std::min(kBlockK, count - block * kBlockK), column,
         std::min(piece, columns - column), partial.data() + block * columns + column);
  });
  kernel_table_of<T>().sum_rows(partial.data(), columns, blocks, columns, sums);
}

}  // namespace

template <class T>
void sum_rows(const T* rows, int64_t count, int64_t columns, T* sums) {
  const KernelTable<T>& table = kernel_table_of<T>();
  sum_blocks(count, columns, kPiece, sums,
             [&](int64_t row, int64_t some, int64_t column, int64_t width, T* out) {
               table.sum_rows(rows + row * columns + column, columns, some, width, out);
             });
}

template <class T>
void sum_pixels(const T* images, int64_t n, int64_t c, int64_t pixels, T* sums) {
  const KernelTable<T>& table = kernel_table_of<T>();
  sum_blocks(n * pixels, c, kChannels, sums,
             [&](int64_t row, int64_t some, int64_t channel, int64_t channels, T* out) {
               Scratch<T> copy(some * channels);
               copy_pixels(images, pixels, c, row, some, channel, channels, copy.data(), channels);
               table.sum_rows(copy.data(), channels, some, channels, out);
             });
}

template void sum_rows(const float*, int64_t, int64_t, float*);
template void sum_rows(const double*, int64_t, int64_t, double*);
template void sum_pixels(const float*, int64_t, int64_t, int64_t, float*);
template void sum_pixels(const double*, int64_t, int64_t, int64_t, double*);

}  // namespace pyconv
