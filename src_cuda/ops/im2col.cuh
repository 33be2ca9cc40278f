// SPDX-License-Identifier: BSD-3-Clause
// The explicit window matrix: one thread writes one element of col (n*oh*ow, kh*kw*channels).
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

// The columns of a matrix of windows: channels [first_channel, first_channel + channels) of the
// image, in the order (kh, kw, c), or (c, kh, kw).
struct Columns {
  int64_t first_channel;
  int64_t channels;
  bool channel_first;

  __device__ int64_t column(int64_t r, int64_t s, int64_t channel, const Window& window) const {
    const int64_t tap = r * window.kw + s;
    return channel_first ? channel * window.kh * window.kw + tap : tap * channels + channel;
  }
};

__device__ __forceinline__ int64_t pixel_offset(const Window& window, int64_t image, int64_t h,
                                                int64_t w, int64_t channel) {
  return window.channels_first != 0 ? ((image * window.c + channel) * window.h + h) * window.w + w
                                    : ((image * window.h + h) * window.w + w) * window.c + channel;
}

template <class T>
struct Im2colParams {
  Global<const T> x;
  Global<T> col;
  Window window;
  Columns columns;
};

template <class T>
__global__ void im2col_kernel(Im2colParams<T> p) {
  const Window& window = p.window;
  const int64_t taps = window.kh * window.kw;
  const int64_t width = taps * p.columns.channels;
  const int64_t i = global_thread();
  if (i >= window.n * window.oh * window.ow * width) return;
  const int64_t column = i % width;
  const int64_t pixel = i / width;
  const bool channel_first = p.columns.channel_first;
  const int64_t tap = channel_first ? column % taps : column / p.columns.channels;
  const int64_t channel = channel_first ? column / taps : column % p.columns.channels;
  const int64_t image = pixel / window.ow / window.oh;
  const int64_t h =
      pixel / window.ow % window.oh * window.sh - window.top + tap / window.kw * window.dil_h;
  const int64_t w = pixel % window.ow * window.sw - window.left + tap % window.kw * window.dil_w;
  const bool inside = h >= 0 && h < window.h && w >= 0 && w < window.w;
  p.col[i] =
      inside ? p.x[pixel_offset(window, image, h, w, p.columns.first_channel + channel)] : T(0);
}

}  // namespace pyconv
