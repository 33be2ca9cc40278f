// SPDX-License-Identifier: BSD-3-Clause
// The operands of a tensor-core product as maps from (line, step) to the place of an element, where
// a line is a row of A or a column of B and a step an index of the sum. One of the two runs along
// memory; its neighbours are copied together. Images are (n, h, w, c); -1 is outside, a zero.
#pragma once

#include "element.cuh"
#include "ops/divisor.cuh"

namespace pyconv {

template <class T, bool kStepFastest>
struct MmaMatrix {
  using Element = T;
  static constexpr bool step_fastest = kStepFastest;
  using Line = int64_t;  // offset
  using Step = int64_t;

  Global<const T> data;
  int64_t pitch;  // from a line to the next where steps run along memory, else from step to step

  __device__ __forceinline__ Line line(int64_t i, int64_t end) const {
    return i < end ? (kStepFastest ? i * pitch : i) : -1;
  }
  __device__ __forceinline__ Step step(int64_t k, int64_t end) const {
    return k < end ? (kStepFastest ? k : k * pitch) : -1;
  }
  __device__ __forceinline__ int64_t at(Line line, Step step) const {
    return line < 0 || step < 0 ? -1 : line + step;
  }
};

// The windows of x: lines are output pixels, steps the (r, s, channel) of a window.
template <class T>
struct MmaWindows {
  using Element = T;
  static constexpr bool step_fastest = true;
  struct Line {
    int image;  // -1 outside
    int h, w;   // the window's first pixel, perhaps outside the image
  };
  struct Step {
    int64_t channel;  // of the group; -1 outside
    int h, w;         // from the window's first pixel
  };

  Global<const T> data;
  int h, w;
  int64_t c;
  int sh, sw, top, left, dil_h, dil_w;
  Divisor oh, ow, kw, channels;  // channels of a group

  __device__ __forceinline__ Line line(int64_t pixel, int64_t end) const {
    if (pixel >= end) return {-1, 0, 0};
    const int64_t row = ow.divide(pixel);
    const int64_t image = oh.divide(row);
    return {static_cast<int>(image), static_cast<int>(oh.rest(row, image)) * sh - top,
            static_cast<int>(ow.rest(pixel, row)) * sw - left};
  }
  __device__ __forceinline__ Step step(int64_t k, int64_t end) const {
    if (k >= end) return {-1, 0, 0};
    const int64_t tap = channels.divide(k);
    const int64_t r = kw.divide(tap);
    return {channels.rest(k, tap), static_cast<int>(r) * dil_h,
            static_cast<int>(kw.rest(tap, r)) * dil_w};
  }
  __device__ __forceinline__ int64_t at(const Line& line, const Step& step) const {
    const int row = line.h + step.h, column = line.w + step.w;
    const bool inside =
        line.image >= 0 && step.channel >= 0 && row >= 0 && row < h && column >= 0 && column < w;
    const int64_t line_of_pixels = static_cast<int64_t>(line.image) * h + row;
    return inside ? (line_of_pixels * w + column) * c + step.channel : -1;
  }
};

// The same operand with lines and steps exchanged.
template <class Operand>
struct MmaTransposed {
  using Element = typename Operand::Element;
  static constexpr bool step_fastest = !Operand::step_fastest;
  using Line = typename Operand::Step;
  using Step = typename Operand::Line;

  Operand operand;
  Global<const Element> data;

  __device__ __forceinline__ Line line(int64_t i, int64_t end) const {
    return operand.step(i, end);
  }
  __device__ __forceinline__ Step step(int64_t k, int64_t end) const {
    return operand.line(k, end);
  }
  __device__ __forceinline__ int64_t at(const Line& line, const Step& step) const {
    return operand.at(step, line);
  }
};

// Along one axis, the pixels whose position (padding included) leaves one rest when divided by the
// stride, and the taps that meet them. Tap tap0 + j tap_step of pixel first + u stride belongs to
// window window0 + u - j window_step.
struct ParityAxis {
  int first, count;
  int tap0, tap_step, taps;
  int window0, window_step;
};

struct ParitySizes {
  int size, before, stride, taps, dilation;
  int common;  // greatest common divisor of stride and dilation
};

__device__ __forceinline__ ParityAxis parity_axis(const ParitySizes& s, int rest) {
  const int first = (rest + s.stride - s.before % s.stride) % s.stride;
  const int count = s.size > first ? (s.size - first - 1) / s.stride + 1 : 0;
  int tap0 = 0;
  while (tap0 < s.taps && static_cast<int64_t>(tap0) * s.dilation % s.stride != rest) ++tap0;
  const int tap_step = s.stride / s.common;
  const int taps = tap0 < s.taps ? (s.taps - 1 - tap0) / tap_step + 1 : 0;
  const int window0 = static_cast<int>(
      (static_cast<int64_t>(first) + s.before - static_cast<int64_t>(tap0) * s.dilation) /
      s.stride);
  return {first, count, tap0, tap_step, taps, window0, s.dilation / s.common};
}

// dy seen from the pixels of one parity class: lines are the class's pixels of x's image, steps the
// (r, s, filter) of the taps that meet it.
template <class T>
struct MmaGradients {
  using Element = T;
  static constexpr bool step_fastest = true;
  struct Line {
    int image;  // -1 outside
    int p, q;   // window of the first tap, perhaps outside dy
  };
  struct Step {
    int64_t filter;  // of the group; -1 outside
    int p, q;        // windows back
  };

  Global<const T> data;
  int oh, ow;
  int64_t f;
  ParityAxis rows, columns;
  Divisor pixel_rows, pixel_columns, tap_columns, filters;  // of the class; filters of a group

  __device__ __forceinline__ Line line(int64_t pixel, int64_t end) const {
    if (pixel >= end) return {-1, 0, 0};
    const int64_t row = pixel_columns.divide(pixel);
    const int64_t image = pixel_rows.divide(row);
    return {static_cast<int>(image), rows.window0 + static_cast<int>(pixel_rows.rest(row, image)),
            columns.window0 + static_cast<int>(pixel_columns.rest(pixel, row))};
  }
  __device__ __forceinline__ Step step(int64_t k, int64_t end) const {
    if (k >= end) return {-1, 0, 0};
    const int64_t tap = filters.divide(k);
    const int64_t r = tap_columns.divide(tap);
    return {filters.rest(k, tap), static_cast<int>(r) * rows.window_step,
            static_cast<int>(tap_columns.rest(tap, r)) * columns.window_step};
  }
  __device__ __forceinline__ int64_t at(const Line& line, const Step& step) const {
    const int p = line.p - step.p, q = line.q - step.q;
    const bool inside = line.image >= 0 && step.filter >= 0 && p >= 0 && p < oh && q >= 0 && q < ow;
    const int64_t line_of_windows = static_cast<int64_t>(line.image) * oh + p;
    return inside ? (line_of_windows * ow + q) * f + step.filter : -1;
  }
};

// The filter (kh, kw, channels, f) beside them: lines are channels of the group.
template <class T>
struct MmaFilter {
  using Element = T;
  static constexpr bool step_fastest = true;
  using Line = int64_t;
  using Step = int64_t;

  Global<const T> data;
  int64_t f, kw, channels;
  ParityAxis rows, columns;
  Divisor tap_columns, filters;

  __device__ __forceinline__ Line line(int64_t i, int64_t end) const {
    return i < end ? i * f : -1;
  }
  __device__ __forceinline__ Step step(int64_t k, int64_t end) const {
    if (k >= end) return -1;
    const int64_t tap = filters.divide(k);
    const int64_t i = tap_columns.divide(tap);
    const int64_t r = rows.tap0 + i * rows.tap_step;
    const int64_t s = columns.tap0 + tap_columns.rest(tap, i) * columns.tap_step;
    return (r * kw + s) * channels * f + filters.rest(k, tap);
  }
  __device__ __forceinline__ int64_t at(Line line, Step step) const {
    return line < 0 || step < 0 ? -1 : line + step;
  }
};

}  // namespace pyconv
