// SPDX-License-Identifier: BSD-3-Clause
// How a thread of an element-wise kernel reads and writes its elements: packs where arrays are
// aligned, single ones at an end that is no whole pack.
#pragma once

#include "pack.cuh"

namespace pyconv {

// The first element of this thread.
template <int kWidth>
__device__ __forceinline__ int64_t first_element() {
  return global_thread() * kWidth;
}

template <int kWidth, class T>
__device__ __forceinline__ Pack<T, kWidth> read_elements(Global<const T> from, int64_t first,
                                                         int64_t size) {
  if (first + kWidth <= size) return read_pack<kWidth>(from, first);
  Pack<T, kWidth> pack = {};
#pragma unroll
  for (int e = 0; e < kWidth; ++e) {
    if (first + e < size) pack[e] = from[first + e];
  }
  return pack;
}

template <int kWidth, class T>
__device__ __forceinline__ void write_elements(Global<T> to, int64_t first, int64_t size,
                                               const Pack<T, kWidth>& pack) {
  if (first + kWidth <= size) return write_pack(to, first, pack);
#pragma unroll
  for (int e = 0; e < kWidth; ++e) {
    if (first + e < size) to[first + e] = pack[e];
  }
}

}  // namespace pyconv
