// SPDX-License-Identifier: BSD-3-Clause
// The 1x1 convolution of channels_first images by filters that stay in a core's cache: no image
// changes its layout.
#pragma once

#include "geometry.hpp"
#include "kernels.hpp"

namespace pyconv {

template <class T>
bool has_plane_points(const Window& window);

// The sums of the channels_last convolution, to the bit.
template <class T>
void plane_points(const T* x, const T* kernel, T* y, const Window& window, const TileEnd<T>& end);

}  // namespace pyconv
