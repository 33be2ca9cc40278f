// SPDX-License-Identifier: BSD-3-Clause
// Rows of an image in shared memory, whole pixels of few channels, padding as zeros.
#pragma once

#include "ops/divisor.cuh"

namespace pyconv {

template <class T>
struct ImageRows {
  Global<const T> x;  // (n, h, w, c)
  Divisor pitch;      // elements of a row that is staged
  int32_t rows;       // staged

  __device__ __forceinline__ int size() const { return rows * static_cast<int>(pitch.value); }
};

// The rows from `top` on, from column `left` on; neighbouring threads take neighbouring elements.
template <class T>
__device__ __forceinline__ void stage_image_rows(const ImageRows<T>& p, const Window& w,
                                                 int64_t image, int64_t top, int64_t left,
                                                 Shared<T> staged) {
  const int64_t width = w.w * w.c, first = left * w.c;
  const int size = p.size(), threads = static_cast<int>(blockDim.x);
#pragma unroll 4
  for (int i = static_cast<int>(threadIdx.x); i < size; i += threads) {
    const int64_t line = p.pitch.divide(i);
    const int64_t row = top + line, element = first + p.pitch.rest(i, line);
    T value = 0;
    if (row >= 0 && row < w.h && element >= 0 && element < width) {
      value = p.x[(image * w.h + row) * width + element];
    }
    staged[i] = value;
  }
}

}  // namespace pyconv
