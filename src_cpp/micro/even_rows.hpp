// SPDX-License-Identifier: BSD-3-Clause
// Rows of a register tile that lie at even distances.
#pragma once

#include <cstdint>

#include "simd/unroll.hpp"

namespace {

// Rows of A, by as few addresses as can be: each stands for four rows.
template <class T, int Rows>
struct EvenRows {
  static constexpr int bases = (Rows + 3) / 4;
  const T* base[bases];
  const int64_t lda, lda3;

  [[gnu::always_inline]] inline EvenRows(const T* a, int64_t pitch) : lda(pitch), lda3(3 * pitch) {
    PYCONV_UNROLL
    for (int i = 0; i < bases; ++i) base[i] = a + 4 * i * lda;
  }

  // Element kk of row r.
  [[gnu::always_inline]] inline T operator()(int r, int64_t kk) const {
    const T* const from = base[r / 4] + kk;
    return r % 4 == 3 ? from[lda3] : from[r % 4 * lda];
  }
};

// Rows of C.
template <class T, int Rows>
struct EvenTargets {
  T* row[Rows];

  [[gnu::always_inline]] inline EvenTargets(T* c, int64_t pitch) {
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) row[r] = c + r * pitch;
  }
};

}  // namespace
