// SPDX-License-Identifier: BSD-3-Clause
// y = the largest or smallest pixel of every window, argmax = where in its window it stood; or y =
// their mean. Forward and check: one thread, one window and channel. Backward: one thread gathers
// for one pixel of dx.
#pragma once

#include "ops/place.cuh"

namespace pyconv {

template <class T, class Offset>
struct BestPool2DParams {
  Global<const T> x;
  Global<T> y;
  Global<Offset> argmax;  // or null
  Window window;
};

// A NaN wins its window; of equals, the first. The window is clipped to the image.
template <class T, class Offset, bool kSmallest>
__global__ void best_pool2d_kernel(BestPool2DParams<T, Offset> p) {
  const Window& window = p.window;
  const bool channels_first = window.channels_first != 0;
  const int64_t i = global_thread();
  if (i >= window.n * window.oh * window.ow * window.c) return;
  Place place = place_of(i, window.oh, window.ow, window.c, channels_first);
  const int64_t top = place.h * window.sh - window.top;
  const int64_t left = place.w * window.sw - window.left;
  T best = 0;
  int64_t best_offset = -1;
  for (int64_t r = top < 0 ? -top : 0; r < window.kh && top + r < window.h; ++r) {
    for (int64_t s = left < 0 ? -left : 0; s < window.kw && left + s < window.w; ++s) {
      place.h = top + r;
      place.w = left + s;
      const T pixel = p.x[offset_of(place, window.h, window.w, window.c, channels_first)];
      const bool better = kSmallest ? pixel < best : pixel > best;
      if (best_offset < 0 || better || (pixel != pixel && best == best)) {
        best = pixel;
        best_offset = r * window.kw + s;
      }
    }
  }
  p.y[i] = best;
  if (p.argmax != nullptr) p.argmax[i] = static_cast<Offset>(best_offset);
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
template <class T>
__global__ void avg_pool2d_kernel(AvgPool2DParams<T> p) {
  const Window& window = p.window;
  const bool channels_first = window.channels_first != 0;
  const int64_t i = global_thread();
  if (i >= window.n * window.oh * window.ow * window.c) return;
  Place place = place_of(i, window.oh, window.ow, window.c, channels_first);
  const int64_t top = place.h * window.sh - window.top;
  const int64_t left = place.w * window.sw - window.left;
  const T count = counted_pixels<T>(window, place.h, place.w, p.count_include_pad);
  T sum = 0;
  for (int64_t r = top < 0 ? -top : 0; r < window.kh && top + r < window.h; ++r) {
    T row = 0;
    for (int64_t s = left < 0 ? -left : 0; s < window.kw && left + s < window.w; ++s) {
      place.h = top + r;
      place.w = left + s;
      row += p.x[offset_of(place, window.h, window.w, window.c, channels_first)];
    }
    sum += row;
  }
  p.y[i] = sum / count;
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
template <class T, class Offset>
__global__ void max_pool2d_backward_kernel(MaxPool2DBackwardParams<T, Offset> p) {
  const Window& window = p.window;
  const bool channels_first = window.channels_first != 0;
  const int64_t i = global_thread();
  if (i >= window.n * window.h * window.w * window.c) return;
  const Place pixel = place_of(i, window.h, window.w, window.c, channels_first);
  T sum = 0;
  for_covering_windows(window, pixel, [&](const Place& place, int64_t offset) {
    const int64_t at = offset_of(place, window.oh, window.ow, window.c, channels_first);
    if (static_cast<int64_t>(p.argmax[at]) == offset) sum += p.dy[at];
  });
  p.dx[i] = sum;
}

// Every window that covers the pixel sends it its share.
template <class T>
__global__ void avg_pool2d_backward_kernel(AvgPool2DParams<T> p) {
  const Window& window = p.window;
  const bool channels_first = window.channels_first != 0;
  const int64_t i = global_thread();
  if (i >= window.n * window.h * window.w * window.c) return;
  const Place pixel = place_of(i, window.h, window.w, window.c, channels_first);
  T sum = 0;
  for_covering_windows(window, pixel, [&](const Place& place, int64_t) {
    const int64_t at = offset_of(place, window.oh, window.ow, window.c, channels_first);
    sum += p.x[at] / counted_pixels<T>(window, place.h, place.w, p.count_include_pad);
  });
  p.y[i] = sum;
}

}  // namespace pyconv
