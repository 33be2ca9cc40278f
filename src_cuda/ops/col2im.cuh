// SPDX-License-Identifier: BSD-3-Clause
// The adjoint of im2col in gather form: one thread sums, in the order of the taps, every element of
// col that came from its pixel of dx, for a pack of channels where they are neighbours. No atomics.
#pragma once

#include "ops/divisor.cuh"
#include "ops/im2col.cuh"
#include "pack.cuh"

namespace pyconv {

template <class T>
struct Col2imParams {
  Global<const T> col;
  Global<T> dx;
  Window window;
  Columns columns;
  Divisor sh, sw;
};

// The output row whose window has tap r on image row `position` (padding included), or -1.
__device__ __forceinline__ int64_t window_of(int64_t position, int64_t tap_offset,
                                             const Divisor& stride, int64_t windows) {
  const int64_t start = position - tap_offset;
  if (start < 0) return -1;
  const int64_t window = stride.divide(start);
  return stride.rest(start, window) == 0 && window < windows ? window : -1;
}

// Threads run over (image, h, w, channel) in dx's own order, the channels being the columns' ones.
template <class T, int kWidth>
__global__ void col2im_kernel(Col2imParams<T> p) {
  const Window& window = p.window;
  const int64_t channels = p.columns.channels;
  const int64_t pixels = window.h * window.w;
  const int64_t i = global_thread() * kWidth;
  if (i >= window.n * pixels * channels) return;
  const bool channels_first = window.channels_first != 0;
  const int64_t image = i / (pixels * channels);
  const int64_t channel = channels_first ? i / pixels % channels : i % channels;
  const int64_t pixel = channels_first ? i % pixels : i / channels % pixels;
  const int64_t h = pixel / window.w;
  const int64_t w = pixel % window.w;
  Pack<T, kWidth> sum = {};
  for (int64_t r = 0; r < window.kh; ++r) {
    const int64_t row = window_of(h + window.top, r * window.dil_h, p.sh, window.oh);
    if (row < 0) continue;
    for (int64_t s = 0; s < window.kw; ++s) {
      const int64_t column = window_of(w + window.left, s * window.dil_w, p.sw, window.ow);
      if (column < 0) continue;
      const int64_t line = (image * window.oh + row) * window.ow + column;
      const auto pack = read_pack<kWidth>(
          p.col, line * window.kh * window.kw * channels + p.columns.column(r, s, channel, window));
#pragma unroll
      for (int e = 0; e < kWidth; ++e) sum[e] += pack[e];
    }
  }
  write_pack(p.dx, pixel_offset(window, image, h, w, p.columns.first_channel + channel), sum);
}

}  // namespace pyconv
