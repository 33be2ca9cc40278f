// SPDX-License-Identifier: BSD-3-Clause
// The direct convolution of channels_first images by filters that stay in a core's cache: vectors
// are neighbouring pixels of a plane, and no image changes its layout.
#pragma once

#include "geometry.hpp"
#include "kernels.hpp"

namespace pyconv {

template <class T>
bool has_plane_filters(const Window& window);

// The sums of the channels_last convolution, to the bit.
template <class T>
void plane_filters(const T* x, const T* kernel, T* y, const Window& window, const TileEnd<T>& end);

}  // namespace pyconv
