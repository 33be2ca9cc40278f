// SPDX-License-Identifier: BSD-3-Clause
// The explicit matrix of windows, and its adjoint.
#pragma once

#include "geometry.hpp"

namespace pyconv {

// col (n * oh * ow, kh * kw * c), columns ordered (kh, kw, c), or (c, kh, kw) for channels_first.
template <class T>
void im2col(const T* x, T* col, const Window& window);

// dx = the sum of every column element at the pixel it was copied from.
template <class T>
void col2im(const T* col, T* dx, const Window& window);

// Rows [first, first + count) of the channels_last matrix of one group of channels.
template <class T>
void im2col_rows(const Window& window, const T* x, int64_t group, int64_t first, int64_t count,
                 T* col);

// The channels of one group of one channels_last image, from that image's rows of the matrix.
template <class T>
void col2im_image(const Window& window, const T* col, int64_t image, int64_t group, T* dx);

}  // namespace pyconv
