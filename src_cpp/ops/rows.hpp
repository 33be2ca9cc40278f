// SPDX-License-Identifier: BSD-3-Clause
// Rows of logits: how tasks share them, and a sum that is the same everywhere.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {

// In sixteen interleaved chains of double: the same on every instruction set, and close.
template <class T>
inline double interleaved_sum(const T* x, int64_t count) {
  constexpr int64_t kChains = 16;
  double chains[kChains] = {};
  int64_t j = 0;
  for (; j + kChains <= count; j += kChains) {
    for (int64_t k = 0; k < kChains; ++k) chains[k] += double(x[j + k]);
  }
  for (int64_t k = 0; j + k < count; ++k) chains[k] += double(x[j + k]);
  for (int64_t half = kChains / 2; half > 0; half /= 2) {
    for (int64_t k = 0; k < half; ++k) chains[k] += chains[k + half];
  }
  return chains[0];
}

// A row costs about this many flops per class, most of it exp.
constexpr int64_t kRowCost = 30;
constexpr int64_t kRows = 16;

template <class Body>
void for_each_row(int64_t n, int64_t classes, Body&& body) {
  parallel_for(ceil_div(n, kRows), n * classes * kRowCost, [&](int64_t block) {
    const int64_t last = std::min(n, (block + 1) * kRows);
    for (int64_t i = block * kRows; i < last; ++i) body(i);
  });
}

}  // namespace pyconv
