// SPDX-License-Identifier: BSD-3-Clause
// The window product of few pixels that meet many filters: each task reads its part of the filters
// once, for all of its pixels, where they are.
#pragma once

#include "ops/window_gemm.hpp"

namespace pyconv {

template <class T>
bool is_of_few_pixels(int64_t pixels, int64_t k, int64_t cols);

// The sums of window_gemm, to the bit.
template <class T>
void few_pixels(const WindowProduct<T>& product);

}  // namespace pyconv
