// SPDX-License-Identifier: BSD-3-Clause
// Pooling over windows clipped to the image.
#pragma once

#include "geometry.hpp"
#include "kernels.hpp"

namespace pyconv {

// y (n, oh, ow, c) = the largest or smallest pixel of every window; argmax, unless null, its
// position r * kw + s in the window: uint8 up to 256 positions, else int32. A NaN wins; of equals,
// the first.
template <class T>
void best_pool2d(PoolKind kind, const T* x, T* y, void* argmax, const Window& window);

// y = the mean of every window's pixels; count_include_pad divides by those in the padding too.
template <class T>
void avg_pool2d(const T* x, T* y, const Window& window, bool count_include_pad);

// The smallest flat index of an offset outside its window or the image; *first_bad is kept
// if there is none.
void max_pool2d_check(const void* argmax, const Window& window, int64_t* first_bad);

// dx (n, h, w, c) = dy at the pixels that won, largest or smallest, else 0; every pixel is written.
template <class T>
void max_pool2d_backward(const T* dy, const void* argmax, T* dx, const Window& window);
template <class T>
void avg_pool2d_backward(const T* dy, T* dx, const Window& window, bool count_include_pad);

}  // namespace pyconv
