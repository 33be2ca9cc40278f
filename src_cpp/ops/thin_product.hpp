// SPDX-License-Identifier: BSD-3-Clause
// Products of a few rows with a B that no cache holds: whole rows of it are read, one after the
// other, as memory gives them fastest.
#pragma once

#include <cstdint>

#include "ops/panels.hpp"
#include "ops/tiles.hpp"

namespace pyconv {

// Whether C[m x n] = A[m x k] * B[k x n] is better made so; the bits are the same.
template <class T>
bool is_thin(const Matrix<T>& a, const Matrix<T>& b, int64_t m, int64_t n, int64_t k);

template <class T>
void thin_product(const Matrix<T>& a, const Matrix<T>& b, T* c, int64_t ldc, int64_t m, int64_t n,
                  int64_t k, const TileEnd<T>& end);

}  // namespace pyconv
