// SPDX-License-Identifier: BSD-3-Clause
// y = x scaled, or 0 where the element's random word is below a limit; the words are those of
// src_cpp/micro/dropout.hpp. One thread, one pack of elements.
#pragma once

#include "ops/elementwise.cuh"

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

template <class T, int kWidth>
__global__ void dropout_kernel(DropoutParams<T> p) {
  const int64_t first = first_element<kWidth>();
  if (first >= p.size) return;
  Pack<T, kWidth> pack = read_elements<kWidth>(p.x, first, p.size);
  // Where the first element stands; its neighbours are told without a division.
  const int64_t row = first / p.inner;
  int64_t outer = row / p.shared, middle = row % p.shared, inner = first % p.inner;
#pragma unroll
  for (int e = 0; e < kWidth; ++e) {
    const uint64_t word = static_cast<uint64_t>(outer * p.inner + inner);
    pack[e] = philox_word(p.seed, word) < p.limit ? T(0) : pack[e] * p.scale;
    if (++inner < p.inner) continue;
    inner = 0;
    if (++middle < p.shared) continue;
    middle = 0;
    ++outer;
  }
  write_elements(p.y, first, p.size, pack);
}

}  // namespace pyconv
