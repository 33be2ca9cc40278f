// SPDX-License-Identifier: BSD-3-Clause
// Eight neighbours of 16 bits as one access of 16 bytes, computed with in float32.
#pragma once

#include "element.cuh"
#include "pack.cuh"

namespace pyconv {

constexpr int kEight = 8;

// Elements [first, first + count) of an array; all eight at once where `packed`, which says that
// the array begins at a multiple of 16 bytes.
template <class T>
__device__ __forceinline__ void read_eight(Global<const T> from, int64_t first, int count,
                                           bool packed, float (&values)[kEight]) {
  if (packed && count == kEight) {
    const Pack<T, kEight> pack = read_pack<kEight>(from, first);
#pragma unroll
    for (int i = 0; i < kEight; ++i) values[i] = widen(pack[i]);
    return;
  }
#pragma unroll
  for (int i = 0; i < kEight; ++i) {
    values[i] = 0;
    if (i < count) {
      const T element = from[first + i];
      values[i] = widen(element);
    }
  }
}

template <class T>
__device__ __forceinline__ void write_eight(Global<T> to, int64_t first, int count, bool packed,
                                            const float (&values)[kEight]) {
  if (packed && count == kEight) {
    Pack<T, kEight> pack;
#pragma unroll
    for (int i = 0; i < kEight; ++i) pack[i] = narrow<T>(values[i]);
    write_pack(to, first, pack);
    return;
  }
#pragma unroll
  for (int i = 0; i < kEight; ++i) {
    if (i < count) to[first + i] = narrow<T>(values[i]);
  }
}

// The eight of this thread, and how many of them an array of `size` has.
__device__ __forceinline__ int64_t first_of_eight() { return global_thread() * kEight; }
__device__ __forceinline__ int count_of_eight(int64_t first, int64_t size) {
  return size - first < kEight ? static_cast<int>(size - first) : kEight;
}

}  // namespace pyconv
