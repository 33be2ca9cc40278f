// SPDX-License-Identifier: BSD-3-Clause
// Which algorithm serves a pass of a convolution: by the shape and the dtype alone.
#pragma once

#include "geometry.hpp"

namespace pyconv {

enum class ConvPass : int64_t { kForward = 0, kData = 1, kKernel = 2 };

// What is done when `asked` is asked for: kDirect, kIm2col, kWinograd or kDepthwise; kAuto where
// `asked` cannot do the shape.
template <class T>
Algorithm conv2d_algorithm(const Window& window, Algorithm asked, ConvPass pass);

}  // namespace pyconv
