// SPDX-License-Identifier: BSD-3-Clause
// The direct convolution by filters that stay in a core's cache, as first layers have: images are
// read row by row, with their padding, and every window a row of taps at a time.
#pragma once

#include "geometry.hpp"
#include "kernels.hpp"
#include "ops/panels.hpp"

namespace pyconv {

template <class T>
bool has_small_filters(const Window& window);

// The width of the panels that a window's filters are packed in.
template <class T>
int64_t filter_width(const Window& window);

// The sums of window_gemm over zeros for what is outside; x and y are channels_last.
template <class T>
void small_filters(const T* x, const Panels<T>& filter, T* y, const Window& window,
                   const TileEnd<T>& end);

}  // namespace pyconv
