// SPDX-License-Identifier: BSD-3-Clause
// Images read at other places than their pixels: resized, or through an affine map.
#pragma once

#include "geometry.hpp"

namespace pyconv {

// y (n, oh, ow, c) = x (n, h, w, c) at the centres of the output's pixels, edges repeated.
template <class T>
void resize(const T* x, T* y, const Window& window, Interpolation interpolation);
template <class T>
void resize_backward(const T* dy, T* dx, const Window& window, Interpolation interpolation);

// y[i, j] = x at row m[1] . (j, i, 1), column m[0] . (j, i, 1), m being the image's of
// matrices (n, 2, 3).
template <class T>
void affine_sample(const T* x, const T* matrices, T* y, const Window& window,
                   Interpolation interpolation, FillMode fill_mode, double fill_value);
template <class T>
void affine_sample_backward(const T* dy, const T* matrices, T* dx, const Window& window,
                            Interpolation interpolation, FillMode fill_mode);

}  // namespace pyconv
