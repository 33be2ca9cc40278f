// SPDX-License-Identifier: BSD-3-Clause
#include "ops/sum_rows.hpp"

#include <algorithm>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Columns per task: a few rows of them fill the loads in flight.
constexpr int64_t kPiece = 1024;

}  // namespace

template <class T>
void sum_rows(const T* rows, int64_t count, int64_t columns, T* sums) {
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t blocks = ceil_div(count, kBlockK);
  const int64_t pieces = ceil_div(columns, kPiece);
  Scratch<T> partial(blocks * columns);
  parallel_for(blocks * pieces, count * columns * int64_t(sizeof(T)), [&](int64_t task) {
    const int64_t block = task / pieces;
    const int64_t column = task % pieces * kPiece;
    table.sum_rows(rows + block * kBlockK * columns + column, columns,
                   std::min(kBlockK, count - block * kBlockK), std::min(kPiece, columns - column),
                   partial.data() + block * columns + column);
  });
  table.sum_rows(partial.data(), columns, blocks, columns, sums);
}

template void sum_rows(const float*, int64_t, int64_t, float*);
template void sum_rows(const double*, int64_t, int64_t, double*);

}  // namespace pyconv
