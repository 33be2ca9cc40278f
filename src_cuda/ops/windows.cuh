// SPDX-License-Identifier: BSD-3-Clause
// An image read as its im2col matrix, which never exists: lines are output pixels, steps are the
// (r, s, c) of a window. Pixels outside the image are zeros, never skipped.
#pragma once

#include "ops/divisor.cuh"

namespace pyconv {

template <class T, bool kChannelsFirst>
struct Windows {
  static constexpr bool step_fastest = !kChannelsFirst;
  struct Line {
    int64_t image;  // offset of the image; -1 outside the matrix
    int64_t h, w;   // the window's first pixel, perhaps outside the image
  };
  struct Step {
    int64_t channel;  // of the group; -1 outside the matrix
    int64_t h, w;     // from the window's first pixel
  };

  Global<const T> x;
  Window window;
  Divisor oh, ow, kw, channels;  // channels of a group

  __device__ Line line(int64_t pixel, int64_t end) const {
    if (pixel >= end) return {-1, 0, 0};
    const int64_t row = ow.divide(pixel);
    const int64_t q = ow.rest(pixel, row);
    const int64_t image = oh.divide(row);
    const int64_t p = oh.rest(row, image);
    return {image * window.h * window.w * window.c, p * window.sh - window.top,
            q * window.sw - window.left};
  }

  __device__ Step step(int64_t k, int64_t end) const {
    if (k >= end) return {-1, 0, 0};
    const int64_t tap = channels.divide(k);
    const int64_t r = kw.divide(tap);
    return {channels.rest(k, tap), r * window.dil_h, kw.rest(tap, r) * window.dil_w};
  }

  __device__ T at(int64_t group, const Line& line, const Step& step) const {
    const int64_t h = line.h + step.h;
    const int64_t w = line.w + step.w;
    if (line.image < 0 || step.channel < 0 || h < 0 || h >= window.h || w < 0 || w >= window.w) {
      return T(0);
    }
    const int64_t channel = group * channels.value + step.channel;
    return x[line.image + (kChannelsFirst ? (channel * window.h + h) * window.w + w
                                          : (h * window.w + w) * window.c + channel)];
  }
};

}  // namespace pyconv
