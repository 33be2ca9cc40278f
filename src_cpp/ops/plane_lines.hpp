// SPDX-License-Identifier: BSD-3-Clause
// Convolutions of channels_first images with few filters: a copy of the pixels for every column of
// taps would cost more than rows of results that are not whole vectors.
#pragma once

#include "kernels.hpp"
#include "ops/conv2d_window.hpp"

namespace pyconv {

// Of windows that have_plane_filters.
bool has_plane_lines(const Window& w);

template <class T>
void plane_lines(const T* x, const T* kernel, T* y, const Window& w, const TileEnd<T>& end);

}  // namespace pyconv
