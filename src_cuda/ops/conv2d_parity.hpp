// SPDX-License-Identifier: BSD-3-Clause
// How strides cut the gradient of an image into classes. Along an axis, padded pixel h meets tap r
// where stride divides h - r dilation. So the pixels of one rest meet the same taps, and the
// windows that cover them form a convolution with stride 1.
#pragma once

#include <cstdint>
#include <numeric>

namespace pyconv {

// One class along one axis.
struct ParityAxis {
  int64_t first, count;     // its pixels, `stride` apart
  int64_t first_tap, taps;  // its taps, tap_step apart
  int64_t tap_step;
  int64_t window;       // where the first pixel's window by the first tap lies in the output
  int64_t window_step;  // how far the window by the next tap lies before it
};

struct ParitySizes {
  int64_t pixels, before, taps, stride, dilation;
};

inline int64_t classes_of(const ParitySizes& s) {
  return s.stride < s.pixels ? s.stride : s.pixels;  // beyond, a class has no pixel
}
inline int64_t most_pixels(const ParitySizes& s) { return (s.pixels + s.stride - 1) / s.stride; }
inline int64_t tap_step(const ParitySizes& s) { return s.stride / std::gcd(s.stride, s.dilation); }
inline int64_t most_taps(const ParitySizes& s) { return (s.taps + tap_step(s) - 1) / tap_step(s); }

// The class of the pixels first, first + stride, ...
inline ParityAxis parity_axis(const ParitySizes& s, int64_t first) {
  ParityAxis axis{};
  axis.first = first;
  axis.count = first < s.pixels ? (s.pixels - 1 - first) / s.stride + 1 : 0;
  axis.tap_step = tap_step(s);
  const int64_t position = first + s.before;
  while (axis.first_tap < axis.tap_step &&
         (position - axis.first_tap * s.dilation) % s.stride != 0) {
    ++axis.first_tap;
  }
  if (axis.first_tap < axis.tap_step && axis.first_tap < s.taps) {
    axis.taps = (s.taps - 1 - axis.first_tap) / axis.tap_step + 1;
    axis.window = (position - axis.first_tap * s.dilation) / s.stride;
    axis.window_step = axis.tap_step * s.dilation / s.stride;
  }
  return axis;
}

}  // namespace pyconv
