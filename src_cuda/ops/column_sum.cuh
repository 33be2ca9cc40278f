// SPDX-License-Identifier: BSD-3-Clause
// The sum of every column of a matrix: the gradient of a bias. One block sums kColumns columns; its
// threads take rows in turn, in double, and are added in a fixed tree.
#pragma once

#include "ops/axis.cuh"

namespace pyconv {

constexpr int kSumThreads = 256;

template <class T>
struct ColumnSumParams {
  Global<const T> data;
  Axis rows, columns;
  Global<T> sums;
};

// kColumns: 32 where columns are neighbours in memory, 1 where rows are.
template <class T, int kColumns>
__global__ void __launch_bounds__(kSumThreads) column_sum_kernel(ColumnSumParams<T> p) {
  constexpr int kRows = kSumThreads / kColumns;
  const int x = static_cast<int>(threadIdx.x) % kColumns;
  const int y = static_cast<int>(threadIdx.x) / kColumns;
  const int64_t column = static_cast<int64_t>(blockIdx.x) * kColumns + x;
  Shared<double> partial = shared<double>(0, kSumThreads);
  double sum = 0;
  if (column < p.columns.count) {
    const int64_t offset = p.columns.offset(column);
    for (int64_t row = y; row < p.rows.count; row += kRows) {
      sum += p.data[p.rows.offset(row) + offset];
    }
  }
  partial[threadIdx.x] = sum;
  __syncthreads();
  for (int half = kRows / 2; half > 0; half /= 2) {
    if (y < half) {
      sum += partial[(y + half) * kColumns + x];
      partial[threadIdx.x] = sum;
    }
    __syncthreads();
  }
  if (y == 0 && column < p.columns.count) p.sums[column] = static_cast<T>(sum);
}

}  // namespace pyconv
