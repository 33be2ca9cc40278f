// SPDX-License-Identifier: BSD-3-Clause
// dx (n*h*w, c) = gather(dy) (n*h*w, kh*kw*f) kernel^T (kh*kw*f, c), group by group: one block sums
// 64 image pixels x 64 channels.
#pragma once

#include "ops/col2im.cuh"
#include "ops/tile_product.cuh"

namespace pyconv {

// dy seen from the image: line = image pixel, step = (r, s, filter); the gradient of the output
// whose window has tap (r, s) on the pixel, zero where there is none.
template <class T, bool kChannelsFirst>
struct WindowsOver {
  static constexpr bool step_fastest = !kChannelsFirst;
  struct Line {
    int64_t image;  // offset of the image in dy; -1 outside the matrix
    int64_t h, w;   // position with the padding
  };
  struct Step {
    int64_t filter;  // of the group; -1 outside the matrix
    int64_t h, w;    // the tap's offset in its window
  };

  Global<const T> dy;
  Window window;
  Divisor h, w, sh, sw, kw, filters;  // filters of a group

  __device__ Line line(int64_t pixel, int64_t end) const {
    if (pixel >= end) return {-1, 0, 0};
    const int64_t row = w.divide(pixel);
    const int64_t image = h.divide(row);
    return {image * window.oh * window.ow * window.f, h.rest(row, image) + window.top,
            w.rest(pixel, row) + window.left};
  }

  __device__ Step step(int64_t k, int64_t end) const {
    if (k >= end) return {-1, 0, 0};
    const int64_t tap = filters.divide(k);
    const int64_t r = kw.divide(tap);
    return {filters.rest(k, tap), r * window.dil_h, kw.rest(tap, r) * window.dil_w};
  }

  __device__ T at(int64_t group, const Line& line, const Step& step) const {
    if (line.image < 0 || step.filter < 0) return T(0);
    const int64_t p = window_of(line.h, step.h, sh, window.oh);
    const int64_t q = window_of(line.w, step.w, sw, window.ow);
    if (p < 0 || q < 0) return T(0);
    const int64_t filter = group * filters.value + step.filter;
    return dy[line.image + (kChannelsFirst ? (filter * window.oh + p) * window.ow + q
                                           : (p * window.ow + q) * window.f + filter)];
  }
};

template <class T, bool kChannelsFirst>
using Conv2DBackwardDataProduct =
    Product<T, WindowsOver<T, kChannelsFirst>, Matrix<T, /*kStepFastest=*/true>>;

template <class T, bool kChannelsFirst>
__global__ void __launch_bounds__(kTileThreads)
    conv2d_backward_data_kernel(Conv2DBackwardDataProduct<T, kChannelsFirst> p) {
  multiply_block(p);
}

}  // namespace pyconv
