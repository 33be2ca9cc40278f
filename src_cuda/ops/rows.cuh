// SPDX-License-Identifier: BSD-3-Clause
// Words of kernels in which one warp has one row.
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

constexpr int kRowThreads = 256;
constexpr int kRowsPerBlock = kRowThreads / kWarpLanes;

// Sums and maxima of a warp, the same bits in every lane and on every run.
__device__ __forceinline__ double warp_sum(double value) {
  for (int flip = kWarpLanes / 2; flip > 0; flip /= 2) {
    value += __shfl_xor_sync(kFullWarp, value, flip);
  }
  return value;
}
template <class T>
__device__ __forceinline__ T warp_max(T value) {
  for (int flip = kWarpLanes / 2; flip > 0; flip /= 2) {
    const T other = __shfl_xor_sync(kFullWarp, value, flip);
    if (other > value || other != other) value = other;
  }
  return value;
}

}  // namespace pyconv
