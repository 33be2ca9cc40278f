// SPDX-License-Identifier: BSD-3-Clause
// C = op(A) op(B): packed, cache-blocked, register-tiled.
#pragma once

#include <cstdint>

#include "ops/panels.hpp"
#include "ops/tiles.hpp"

namespace pyconv {

// c (m, n) with row pitch ldc = a (m, k) * b (k, n); `end` is applied once, after the last block.
template <class T>
void gemm(const Matrix<T>& a, const Matrix<T>& b, T* c, int64_t ldc, int64_t m, int64_t n,
          int64_t k, const TileEnd<T>& end = plain_end<T>());

// The same of a B that is in panels already.
template <class T>
void gemm_panels(const Matrix<T>& a, const Panels<T>& b, T* c, int64_t ldc, int64_t m, int64_t n,
                 int64_t k, const TileEnd<T>& end = plain_end<T>());

}  // namespace pyconv
