// SPDX-License-Identifier: BSD-3-Clause
// Random words by Philox-4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers, 2011), and
// the dropout they decide. Words come in groups of 64: lane k of block 16 g + b is word 64 g + 16 k
// + b, so that sixteen blocks are computed side by side.
#pragma once

#include <cstdint>

#include "kernels.hpp"
#include "simd/unroll.hpp"

namespace {

constexpr int64_t kPhiloxBlocks = 16;
constexpr int64_t kPhiloxWords = 4 * kPhiloxBlocks;

inline void philox_words(uint64_t seed, uint64_t group, uint32_t (&c)[4][kPhiloxBlocks]) {
  for (int64_t b = 0; b < kPhiloxBlocks; ++b) {
    const uint64_t block = group * kPhiloxBlocks + static_cast<uint64_t>(b);
    c[0][b] = static_cast<uint32_t>(block);
    c[1][b] = static_cast<uint32_t>(block >> 32);
    c[2][b] = c[3][b] = 0;
  }
  uint32_t key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int64_t b = 0; b < kPhiloxBlocks; ++b) {
      const uint64_t product0 = uint64_t{0xD2511F53u} * c[0][b];
      const uint64_t product1 = uint64_t{0xCD9E8D57u} * c[2][b];
      c[0][b] = static_cast<uint32_t>(product1 >> 32) ^ c[1][b] ^ key0;
      c[1][b] = static_cast<uint32_t>(product1);
      c[2][b] = static_cast<uint32_t>(product0 >> 32) ^ c[3][b] ^ key1;
      c[3][b] = static_cast<uint32_t>(product0);
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

template <class T>
void dropout(const T* x, T* y, int64_t first, int64_t count, const pyconv::DropoutMask& mask) {
  const T scale = T(mask.scale);
  uint32_t words[4][kPhiloxBlocks];
  int64_t skip = first % kPhiloxWords;
  for (int64_t i = 0; i < count;) {
    philox_words(mask.seed, static_cast<uint64_t>((first + i) / kPhiloxWords), words);
    const int64_t left = kPhiloxWords - skip;
    const int64_t some = left < count - i ? left : count - i;
    const uint32_t* word = &words[0][0] + skip;
    for (int64_t j = 0; j < some; ++j) y[i + j] = word[j] < mask.limit ? T(0) : x[i + j] * scale;
    i += some;
    skip = 0;
  }
}

}  // namespace
