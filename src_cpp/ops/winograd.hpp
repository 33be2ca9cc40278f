// SPDX-License-Identifier: BSD-3-Clause
// Winograd's F(2 x 2, 3 x 3), F(4 x 4, 3 x 3) and F(2 x 2, 5 x 5): a tile of m x m outputs costs
// (m + r - 1)^2 products instead of r^2 m^2. float32, stride 1, no dilation; images channels_last.
#pragma once

#include "geometry.hpp"
#include "kernels.hpp"

namespace pyconv {

// `filters`: what winograd_filters made of the kernel, or null.
void winograd(const float* x, const float* kernel, const float* filters, float* y,
              const Window& window, const TileEnd<float>& end);

// The transforms of a kernel for one window, and how many elements they take.
int64_t winograd_filters_size(const Window& window);
void winograd_filters(const float* kernel, float* filters, const Window& window);

// Whether two windows of the same filters have one form of them and one order of sums.
bool winograd_alike(const Window& a, const Window& b);

// `adds`: to what dx holds, where tiles do not spread.
void winograd_backward_data(const float* dy, const float* kernel, float* dx, const Window& window,
                            bool adds);
void winograd_backward_kernel(const float* x, const float* dy, float* dkernel,
                              const Window& window);

}  // namespace pyconv
