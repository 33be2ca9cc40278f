// SPDX-License-Identifier: BSD-3-Clause
// The explicit matrix of windows.
#pragma once

#include "geometry.hpp"

namespace pyconv {

// col (n * oh * ow, kh * kw * c), columns ordered (kh, kw, c), or (c, kh, kw) for channels_first.
template <class T>
void im2col(const T* x, T* col, const Window& window);

// Rows [first, first + count) of the channels_last matrix of one group of channels.
template <class T>
void im2col_rows(const Window& window, const T* x, int64_t group, int64_t first, int64_t count,
                 T* col);

}  // namespace pyconv
