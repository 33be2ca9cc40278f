// SPDX-License-Identifier: BSD-3-Clause
// Convolutions whose every channel has filters of its own (groups = channels), channels_last.
#pragma once

#include "geometry.hpp"
#include "kernels.hpp"

namespace pyconv {

// Whether the functions below take the shape: few taps, and padding worth writing out.
template <class T>
bool is_depthwise(const Window& window);

// x (n, h, w, c), kernel (kh, kw, f), f a multiple of c -> y (n, oh, ow, f).
template <class T>
void depthwise(const T* x, const T* kernel, T* y, const Window& window, const TileEnd<T>& end);

template <class T>
void depthwise_backward_data(const T* dy, const T* kernel, T* dx, const Window& window);

template <class T>
void depthwise_backward_kernel(const T* x, const T* dy, T* dkernel, const Window& window);

}  // namespace pyconv
