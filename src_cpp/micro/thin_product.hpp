// SPDX-License-Identifier: BSD-3-Clause
// Products of few rows: they take as long as B takes to come from memory, so its rows are read
// whole.
#pragma once

#include "kernels.hpp"

namespace {

// Rows of B that are read side by side.
constexpr int kThinRows = 4;

// sums[r][j] += a[r][kk] * b[kk][j] of one vector of columns, one FMA after the other.
template <class T, int Count, class Load, class Store>
[[gnu::always_inline]] inline void add_thin_vector(int64_t rows, const T* const* a, int64_t kk,
                                                   const T* b, int64_t ldb, T* sums, int64_t pitch,
                                                   Load&& load, Store&& store) {
  using V = Vec<T>;
  typename V::Reg bv[Count];
  PYCONV_UNROLL
  for (int i = 0; i < Count; ++i) bv[i] = load(b + i * ldb);
  for (int64_t r = 0; r < rows; ++r, sums += pitch) {
    typename V::Reg sum = load(sums);
    PYCONV_UNROLL
    for (int i = 0; i < Count; ++i) sum = V::fma(V::set(a[r][kk + i]), bv[i], sum);
    store(sums, sum);
  }
}

template <class T, int Count>
inline void add_thin_rows(int64_t rows, const T* const* a, int64_t kk, const T* b, int64_t ldb,
                          T* sums, int64_t pitch, int64_t cols) {
  using V = Vec<T>;
  int64_t j = 0;
  for (; j + V::width <= cols; j += V::width) {
    add_thin_vector<T, Count>(
        rows, a, kk, b + j, ldb, sums + j, pitch, [](const T* p) { return V::load(p); },
        [](T* p, typename V::Reg value) { V::store(p, value); });
  }
  if (j == cols) return;
  const typename V::Mask mask = V::tail(cols - j);
  add_thin_vector<T, Count>(
      rows, a, kk, b + j, ldb, sums + j, pitch, [mask](const T* p) { return V::load(p, mask); },
      [mask](T* p, typename V::Reg value) { V::store(p, value, mask); });
}

template <class T>
void thin_product(int64_t rows, int64_t k, const T* const* a, const T* b, int64_t ldb, T* sums,
                  int64_t pitch, int64_t cols) {
  int64_t kk = 0;
  for (; kk + kThinRows <= k; kk += kThinRows) {
    add_thin_rows<T, kThinRows>(rows, a, kk, b + kk * ldb, ldb, sums, pitch, cols);
  }
  for (; kk < k; ++kk) add_thin_rows<T, 1>(rows, a, kk, b + kk * ldb, ldb, sums, pitch, cols);
}

}  // namespace
