// SPDX-License-Identifier: BSD-3-Clause
// y = x scaled, or 0 where the element's random word is below a limit; the words are those of
// src_cpp/micro/dropout.hpp. One thread, one element.
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

// Word `index` of Philox-4x32-10: of sixteen blocks side by side, first all lanes 0, then all 1.
__device__ __forceinline__ uint32_t philox_word(uint64_t seed, uint64_t index) {
  const uint64_t block = index / 64 * 16 + index % 16;
  uint32_t c0 = static_cast<uint32_t>(block), c1 = static_cast<uint32_t>(block >> 32);
  uint32_t c2 = 0, c3 = 0;
  uint32_t key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = static_cast<uint64_t>(0xD2511F53u) * c0;
    const uint64_t product1 = static_cast<uint64_t>(0xCD9E8D57u) * c2;
    c0 = static_cast<uint32_t>(product1 >> 32) ^ c1 ^ key0;
    c1 = static_cast<uint32_t>(product1);
    c2 = static_cast<uint32_t>(product0 >> 32) ^ c3 ^ key1;
    c3 = static_cast<uint32_t>(product0);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  const uint64_t lane = index / 16 % 4;
  return lane == 0 ? c0 : (lane == 1 ? c1 : (lane == 2 ? c2 : c3));
}

template <class T>
struct DropoutParams {
  Global<const T> x;  // (outer, shared, inner)
  Global<T> y;
  int64_t size, shared, inner;
  uint64_t seed;
  uint32_t limit;
  T scale;
};

template <class T>
__global__ void dropout_kernel(DropoutParams<T> p) {
  const int64_t i = global_thread();
  if (i >= p.size) return;
  const int64_t word = i / p.inner / p.shared * p.inner + i % p.inner;
  const bool dropped = philox_word(p.seed, static_cast<uint64_t>(word)) < p.limit;
  p.y[i] = dropped ? T(0) : p.x[i] * p.scale;
}

}  // namespace pyconv
