// SPDX-License-Identifier: BSD-3-Clause
// y = the largest or smallest pixel of every window, argmax = where in its window it stood; or y =
// their mean. Forward: one thread, one window of kWidth channels that are neighbours. Backward: one
// thread gathers for one pixel of dx, as many channels of it.
#pragma once

#include "ops/place.cuh"
#include "pack.cuh"

namespace pyconv {

// The first element of this thread's pack; more than one element where channels are neighbours.
template <int kWidth>
__device__ __forceinline__ Place place_of_pack(int64_t i, int64_t h, int64_t w, int64_t c,
                                               bool channels_first) {
  Place place = place_of(i, h, w, c / kWidth, channels_first);
  place.channel *= kWidth;
  return place;
}

template <class T, class Offset>
struct BestPool2DParams {
  Global<const T> x;
  Global<T> y;
  Global<Offset> argmax;  // or null
  Window window;
};

// A NaN wins its window; of equals, the first. The window is clipped to the image.
template <class T, class Offset, bool kSmallest, int kWidth>
__global__ void best_pool2d_kernel(BestPool2DParams<T, Offset> p) {
  const Window& window = p.window;
  const bool channels_first = kWidth == 1 && window.channels_first != 0;
  const int64_t i = global_thread();
  if (i * kWidth >= window.n * window.oh * window.ow * window.c) return;
  Place place = place_of_pack<kWidth>(i, window.oh, window.ow, window.c, channels_first);
  const int64_t top = place.h * window.sh - window.top;
  const int64_t left = place.w * window.sw - window.left;
  Pack<T, kWidth> best = {};
  Pack<Offset, kWidth> offsets = {};
  bool first = true;
  for (int64_t r = top < 0 ? -top : 0; r < window.kh && top + r < window.h; ++r) {
    for (int64_t s = left < 0 ? -left : 0; s < window.kw && left + s < window.w; ++s) {
      place.h = top + r;
      place.w = left + s;
      const auto pixels =
          read_pack<kWidth>(p.x, offset_of(place, window.h, window.w, window.c, channels_first));
      const Offset offset = static_cast<Offset>(r * window.kw + s);
#pragma unroll
      for (int e = 0; e < kWidth; ++e) {
        const T pixel = pixels[e];
        const bool better = kSmallest ? pixel < best[e] : pixel > best[e];
        if (first || better || (pixel != pixel && best[e] == best[e])) {
          best[e] = pixel;
          offsets[e] = offset;
        }
      }
      first = false;
    }
  }
  write_pack(p.y, i * kWidth, best);
  if (p.argmax != nullptr) write_pack(p.argmax, i * kWidth, offsets);
}

template <class T>
struct AvgPool2DParams {
  Global<const T> x;  // forward: x, backward: dy
  Global<T> y;        // forward: y, backward: dx
  Window window;
  bool count_include_pad;
};

// How many pixels a window that begins at `first` has along an axis of `size`, or with its padding.
__device__ __forceinline__ int64_t counted_taps(int64_t first, int64_t taps, int64_t size,
                                                int64_t before, int64_t after, bool padded) {
  const int64_t from = padded ? -before : 0;
  const int64_t to = padded ? size + after : size;
  return (first + taps < to ? first + taps : to) - (first > from ? first : from);
}

// What the sum of window (i, j) is divided by.
template <class T>
__device__ __forceinline__ T counted_pixels(const Window& w, int64_t i, int64_t j, bool padded) {
  const int64_t rows = counted_taps(i * w.sh - w.top, w.kh, w.h, w.top, w.bottom, padded);
  const int64_t columns = counted_taps(j * w.sw - w.left, w.kw, w.w, w.left, w.right, padded);
  return static_cast<T>(rows * columns);
}

// Summed row by row, as on the CPU.
template <class T, int kWidth>
__global__ void avg_pool2d_kernel(AvgPool2DParams<T> p) {
  const Window& window = p.window;
  const bool channels_first = kWidth == 1 && window.channels_first != 0;
  const int64_t i = global_thread();
  if (i * kWidth >= window.n * window.oh * window.ow * window.c) return;
  Place place = place_of_pack<kWidth>(i, window.oh, window.ow, window.c, channels_first);
  const int64_t top = place.h * window.sh - window.top;
  const int64_t left = place.w * window.sw - window.left;
  const T count = counted_pixels<T>(window, place.h, place.w, p.count_include_pad);
  Pack<T, kWidth> sum = {};
  for (int64_t r = top < 0 ? -top : 0; r < window.kh && top + r < window.h; ++r) {
    Pack<T, kWidth> row = {};
    for (int64_t s = left < 0 ? -left : 0; s < window.kw && left + s < window.w; ++s) {
      place.h = top + r;
      place.w = left + s;
      const auto pixels =
          read_pack<kWidth>(p.x, offset_of(place, window.h, window.w, window.c, channels_first));
#pragma unroll
      for (int e = 0; e < kWidth; ++e) row[e] += pixels[e];
    }
#pragma unroll
    for (int e = 0; e < kWidth; ++e) sum[e] += row[e];
  }
#pragma unroll
  for (int e = 0; e < kWidth; ++e) sum[e] /= count;
  write_pack(p.y, i * kWidth, sum);
}

template <class Offset>
struct MaxPool2DCheckParams {
  Global<const Offset> argmax;
  Global<int64_t> first_bad;  // one element; lowered to the smallest index of a bad offset
  Window window;
};

// An offset is bad that lies outside its window or points outside the image.
template <class Offset>
__global__ void max_pool2d_check_kernel(MaxPool2DCheckParams<Offset> p) {
  const Window& window = p.window;
  const int64_t i = global_thread();
  if (i >= window.n * window.oh * window.ow * window.c) return;
  const Place place = place_of(i, window.oh, window.ow, window.c, window.channels_first != 0);
  const int64_t offset = p.argmax[i];
  const int64_t h = place.h * window.sh - window.top + offset / window.kw;
  const int64_t w = place.w * window.sw - window.left + offset % window.kw;
  const bool good = offset >= 0 && offset < window.kh * window.kw && h >= 0 && h < window.h &&
                    w >= 0 && w < window.w;
  if (!good) atomic_min(p.first_bad, i);
}

template <class T, class Offset>
struct MaxPool2DBackwardParams {
  Global<const T> dy;
  Global<const Offset> argmax;
  Global<T> dx;
  Window window;
};

// The first window that covers `position` (padding included).
__device__ __forceinline__ int64_t first_window(int64_t position, int64_t size, int64_t stride) {
  return position < size ? 0 : (position - size) / stride + 1;
}

// Calls body(place of the window, offset of the pixel in it) for the windows that cover a pixel, in
// their order; they may overlap.
template <class Body>
__device__ __forceinline__ void for_covering_windows(const Window& window, Place pixel, Body body) {
  const int64_t h = pixel.h + window.top;
  const int64_t w = pixel.w + window.left;
  Place place = pixel;
  for (place.h = first_window(h, window.kh, window.sh);
       place.h < window.oh && place.h * window.sh <= h; ++place.h) {
    for (place.w = first_window(w, window.kw, window.sw);
         place.w < window.ow && place.w * window.sw <= w; ++place.w) {
      body(place, (h - place.h * window.sh) * window.kw + (w - place.w * window.sw));
    }
  }
}

// The windows that cover the pixel are asked whether it won.
template <class T, class Offset, int kWidth>
__global__ void max_pool2d_backward_kernel(MaxPool2DBackwardParams<T, Offset> p) {
  const Window& window = p.window;
  const bool channels_first = kWidth == 1 && window.channels_first != 0;
  const int64_t i = global_thread();
  if (i * kWidth >= window.n * window.h * window.w * window.c) return;
  const Place pixel = place_of_pack<kWidth>(i, window.h, window.w, window.c, channels_first);
  Pack<T, kWidth> sum = {};
  for_covering_windows(window, pixel, [&](const Place& place, int64_t offset) {
    const int64_t at = offset_of(place, window.oh, window.ow, window.c, channels_first);
    const auto offsets = read_pack<kWidth>(p.argmax, at);
    const auto dy = read_pack<kWidth>(p.dy, at);
#pragma unroll
    for (int e = 0; e < kWidth; ++e) {
      if (static_cast<int64_t>(offsets[e]) == offset) sum[e] += dy[e];
    }
  });
  write_pack(p.dx, i * kWidth, sum);
}

// Every window that covers the pixel sends it its share.
template <class T, int kWidth>
__global__ void avg_pool2d_backward_kernel(AvgPool2DParams<T> p) {
  const Window& window = p.window;
  const bool channels_first = kWidth == 1 && window.channels_first != 0;
  const int64_t i = global_thread();
  if (i * kWidth >= window.n * window.h * window.w * window.c) return;
  const Place pixel = place_of_pack<kWidth>(i, window.h, window.w, window.c, channels_first);
  Pack<T, kWidth> sum = {};
  for_covering_windows(window, pixel, [&](const Place& place, int64_t) {
    const int64_t at = offset_of(place, window.oh, window.ow, window.c, channels_first);
    const auto dy = read_pack<kWidth>(p.x, at);
    const T count = counted_pixels<T>(window, place.h, place.w, p.count_include_pad);
#pragma unroll
    for (int e = 0; e < kWidth; ++e) sum[e] += dy[e] / count;
  });
  write_pack(p.y, i * kWidth, sum);
}

}  // namespace pyconv
