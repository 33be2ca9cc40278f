// SPDX-License-Identifier: BSD-3-Clause
// y (n, columns, rows) = x (n, rows, columns), each matrix transposed: images from one layout to
// the other. One block moves a 32 x 32 tile through shared memory, whose odd pitch meets every
// bank.
#pragma once

#include "element.cuh"
#include "ops/divisor.cuh"

namespace pyconv {

constexpr int kTransposeTile = 32;
constexpr int kTransposePitch = kTransposeTile + 1;
constexpr int kTransposeThreads = 256;
constexpr int kTransposeBytes = kTransposeTile * kTransposePitch * 4;

template <class T>
struct TransposeParams {
  Global<const T> x;
  Global<T> y;
  int64_t rows, columns;
  Divisor tiles_rows, tiles_columns;
};

__device__ __forceinline__ uint32_t element_bits(Float16 x) { return x.bits; }
__device__ __forceinline__ uint32_t element_bits(Bfloat16 x) { return x.bits; }
__device__ __forceinline__ float element_bits(Tf32 x) { return x.value; }

template <class T>
__global__ void __launch_bounds__(kTransposeThreads) transpose_kernel(TransposeParams<T> p) {
  using Word = decltype(element_bits(T{}));
  Shared<Word> tile = shared<Word>(0, kTransposeTile * kTransposePitch);
  const int64_t line = p.tiles_columns.divide(blockIdx.x);
  const int64_t image = p.tiles_rows.divide(line);
  const int64_t first_row = p.tiles_rows.rest(line, image) * kTransposeTile;
  const int64_t first_column = p.tiles_columns.rest(blockIdx.x, line) * kTransposeTile;
  const int64_t base = image * p.rows * p.columns;
  const int x = static_cast<int>(threadIdx.x) % kTransposeTile;
  const int y = static_cast<int>(threadIdx.x) / kTransposeTile;
  for (int i = y; i < kTransposeTile; i += kTransposeThreads / kTransposeTile) {
    const int64_t row = first_row + i, column = first_column + x;
    if (row < p.rows && column < p.columns) {
      const T element = p.x[base + row * p.columns + column];
      tile[i * kTransposePitch + x] = element_bits(element);
    }
  }
  __syncthreads();
  for (int i = y; i < kTransposeTile; i += kTransposeThreads / kTransposeTile) {
    const int64_t row = first_row + x, column = first_column + i;
    if (row < p.rows && column < p.columns) {
      const Word word = tile[x * kTransposePitch + i];
      if constexpr (sizeof(T) == 2) {
        p.y[base + column * p.rows + row] = T{static_cast<uint16_t>(word)};
      } else {
        p.y[base + column * p.rows + row] = T{word};
      }
    }
  }
}

}  // namespace pyconv
