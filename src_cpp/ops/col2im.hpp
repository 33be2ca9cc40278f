// SPDX-License-Identifier: BSD-3-Clause
// The adjoint of im2col.
#pragma once

#include "geometry.hpp"

namespace pyconv {

// dx = the sum of every column element at the pixel it was copied from.
template <class T>
void col2im(const T* col, T* dx, const Window& window);

// The channels of one group of one channels_last image dx, from that image's rows of the matrix.
template <class T>
void col2im_image(const Window& window, const T* col, int64_t group, T* dx);

}  // namespace pyconv
