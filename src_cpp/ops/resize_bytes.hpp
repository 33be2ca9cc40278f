// SPDX-License-Identifier: BSD-3-Clause
// A decoded picture at another size: bytes in, floats out.
#pragma once

#include <cstdint>

#include "geometry.hpp"

namespace pyconv {

// Rows of pixels in memory of others: strides in bytes; the channels of a pixel are neighbours.
struct BytePixels {
  const uint8_t* data;
  int64_t row_stride, pixel_stride;
};

// y (1, oh, ow, c) = x (1, h, w, c) resized as by resize of its values as floats, to the bit.
// pixel_stride is c, or 4 where c is 3. One thread works: those that decode call this side by side.
void resize_bytes(const BytePixels& x, float* y, const Window& window, Interpolation interpolation);

}  // namespace pyconv
