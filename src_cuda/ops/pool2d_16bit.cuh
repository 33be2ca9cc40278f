// SPDX-License-Identifier: BSD-3-Clause
// pool2d.cuh for 16-bit arrays: comparisons and sums in float32. One thread has kCount neighbouring
// channels of a window (forward) or of a pixel of dx (backward): eight where channels come last and
// eight divide them, else one.
#pragma once

#include "ops/eight.cuh"
#include "ops/place.cuh"
#include "ops/pool2d.cuh"

namespace pyconv {

// Element i of an image batch of h x w pixels, counted in packs of kCount channels.
template <int kCount>
__device__ __forceinline__ Place pool_place(int64_t i, int64_t h, int64_t w, int64_t c,
                                            bool channels_first) {
  Place place = place_of(i, h, w, c / kCount, channels_first);
  place.channel *= kCount;
  return place;
}

template <class T, int kCount>
__device__ __forceinline__ void read_channels(Global<const T> from, int64_t first,
                                              float (&values)[kCount]) {
  if constexpr (kCount == kEight) {
    read_eight(from, first, kCount, /*packed=*/true, values);
  } else {
    const T element = from[first];
    values[0] = widen(element);
  }
}
template <class T, int kCount>
__device__ __forceinline__ void write_channels(Global<T> to, int64_t first,
                                               const float (&values)[kCount]) {
  if constexpr (kCount == kEight) {
    write_eight(to, first, kCount, /*packed=*/true, values);
  } else {
    to[first] = narrow<T>(values[0]);
  }
}

// A NaN wins its window; of equals, the first. The window is clipped to the image.
template <class T, class Offset, bool kSmallest, int kCount>
__global__ void best_pool2d_16bit_kernel(BestPool2DParams<T, Offset> p) {
  const Window& window = p.window;
  const bool channels_first = window.channels_first != 0;
  const int64_t i = global_thread();
  if (i >= window.n * window.oh * window.ow * (window.c / kCount)) return;
  Place place = pool_place<kCount>(i, window.oh, window.ow, window.c, channels_first);
  const int64_t top = place.h * window.sh - window.top;
  const int64_t left = place.w * window.sw - window.left;
  float best[kCount] = {};
  int offsets[kCount];
#pragma unroll
  for (int j = 0; j < kCount; ++j) offsets[j] = -1;
  for (int64_t r = top < 0 ? -top : 0; r < window.kh && top + r < window.h; ++r) {
    for (int64_t s = left < 0 ? -left : 0; s < window.kw && left + s < window.w; ++s) {
      place.h = top + r;
      place.w = left + s;
      float pixels[kCount];
      read_channels<T, kCount>(p.x, offset_of(place, window.h, window.w, window.c, channels_first),
                               pixels);
#pragma unroll
      for (int j = 0; j < kCount; ++j) {
        const float pixel = pixels[j];
        const bool better = kSmallest ? pixel < best[j] : pixel > best[j];
        if (offsets[j] < 0 || better || (pixel != pixel && best[j] == best[j])) {
          best[j] = pixel;
          offsets[j] = static_cast<int>(r * window.kw + s);
        }
      }
    }
  }
  write_channels<T, kCount>(p.y, i * kCount, best);
  if (p.argmax == nullptr) return;
#pragma unroll
  for (int j = 0; j < kCount; ++j) p.argmax[i * kCount + j] = static_cast<Offset>(offsets[j]);
}

template <class T, int kCount>
__global__ void avg_pool2d_16bit_kernel(AvgPool2DParams<T> p) {
  const Window& window = p.window;
  const bool channels_first = window.channels_first != 0;
  const int64_t i = global_thread();
  if (i >= window.n * window.oh * window.ow * (window.c / kCount)) return;
  Place place = pool_place<kCount>(i, window.oh, window.ow, window.c, channels_first);
  const int64_t top = place.h * window.sh - window.top;
  const int64_t left = place.w * window.sw - window.left;
  const float pixels = counted_pixels<float>(window, place.h, place.w, p.count_include_pad);
  float sums[kCount] = {};
  for (int64_t r = top < 0 ? -top : 0; r < window.kh && top + r < window.h; ++r) {
    for (int64_t s = left < 0 ? -left : 0; s < window.kw && left + s < window.w; ++s) {
      place.h = top + r;
      place.w = left + s;
      float values[kCount];
      read_channels<T, kCount>(p.x, offset_of(place, window.h, window.w, window.c, channels_first),
                               values);
#pragma unroll
      for (int j = 0; j < kCount; ++j) sums[j] += values[j];
    }
  }
#pragma unroll
  for (int j = 0; j < kCount; ++j) sums[j] /= pixels;
  write_channels<T, kCount>(p.y, i * kCount, sums);
}

// The windows that cover the pixel are asked whether it won.
template <class T, class Offset, int kCount>
__global__ void max_pool2d_16bit_backward_kernel(MaxPool2DBackwardParams<T, Offset> p) {
  const Window& window = p.window;
  const bool channels_first = window.channels_first != 0;
  const int64_t i = global_thread();
  if (i >= window.n * window.h * window.w * (window.c / kCount)) return;
  const Place pixel = pool_place<kCount>(i, window.h, window.w, window.c, channels_first);
  float sums[kCount] = {};
  for_covering_windows(window, pixel, [&](const Place& place, int64_t offset) {
    const int64_t at = offset_of(place, window.oh, window.ow, window.c, channels_first);
    float values[kCount];
    read_channels<T, kCount>(p.dy, at, values);
#pragma unroll
    for (int j = 0; j < kCount; ++j) {
      if (static_cast<int64_t>(p.argmax[at + j]) == offset) sums[j] += values[j];
    }
  });
  write_channels<T, kCount>(p.dx, i * kCount, sums);
}

// Every window that covers the pixel sends it its share.
template <class T, int kCount>
__global__ void avg_pool2d_16bit_backward_kernel(AvgPool2DParams<T> p) {
  const Window& window = p.window;
  const bool channels_first = window.channels_first != 0;
  const int64_t i = global_thread();
  if (i >= window.n * window.h * window.w * (window.c / kCount)) return;
  const Place pixel = pool_place<kCount>(i, window.h, window.w, window.c, channels_first);
  float sums[kCount] = {};
  for_covering_windows(window, pixel, [&](const Place& place, int64_t) {
    const int64_t at = offset_of(place, window.oh, window.ow, window.c, channels_first);
    const float pixels = counted_pixels<float>(window, place.h, place.w, p.count_include_pad);
    float values[kCount];
    read_channels<T, kCount>(p.x, at, values);
#pragma unroll
    for (int j = 0; j < kCount; ++j) sums[j] += values[j] / pixels;
  });
  write_channels<T, kCount>(p.y, i * kCount, sums);
}

}  // namespace pyconv
