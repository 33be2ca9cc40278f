// SPDX-License-Identifier: BSD-3-Clause
// Sums of the columns of dy (rows, columns) in float32, slice by slice of the rows: the gradient of
// a bias. One block sums 32 columns of a slice; its threads take rows in turn and are added in a
// fixed tree.
#pragma once

#include "element.cuh"
#include "ops/divisor.cuh"

namespace pyconv {

constexpr int kBiasThreads = 256;
constexpr int kBiasColumns = 32;
constexpr int kBiasRows = kBiasThreads / kBiasColumns;

template <class T>
struct BiasGradientParams {
  Global<const T> dy;
  Global<float> sums;  // (slices, columns)
  int64_t rows, columns, slice_rows;
  Divisor column_blocks;
};

template <class T>
__global__ void __launch_bounds__(kBiasThreads) bias_gradient_kernel(BiasGradientParams<T> p) {
  Shared<float> partial = shared<float>(0, kBiasThreads);
  const int thread = static_cast<int>(threadIdx.x);
  const int64_t slice = p.column_blocks.divide(blockIdx.x);
  const int64_t column =
      p.column_blocks.rest(blockIdx.x, slice) * kBiasColumns + thread % kBiasColumns;
  const int64_t first = slice * p.slice_rows;
  const int64_t end = first + p.slice_rows < p.rows ? first + p.slice_rows : p.rows;
  float sum = 0;
  if (column < p.columns) {
    for (int64_t row = first + thread / kBiasColumns; row < end; row += kBiasRows) {
      const T element = p.dy[row * p.columns + column];
      sum += widen(element);
    }
  }
  partial[thread] = sum;
  __syncthreads();
  for (int half = kBiasRows / 2; half > 0; half /= 2) {
    if (thread < half * kBiasColumns) {
      sum += partial[thread + half * kBiasColumns];
      partial[thread] = sum;
    }
    __syncthreads();
  }
  if (thread < kBiasColumns && column < p.columns) p.sums[slice * p.columns + column] = sum;
}

}  // namespace pyconv
