// SPDX-License-Identifier: BSD-3-Clause
// An image read as its im2col matrix, which never exists: lines are pixels of the output, steps are
// the (r, s, channel) of their windows. Pixels outside the image are zeros, never skipped.
//
// Seen from the input, the windows that cover a pixel lie the same way, with taps that go
// backwards: the gradient of the input reads dy so.
#pragma once

#include "ops/axis.cuh"
#include "pack.cuh"

namespace pyconv {

template <class T, bool kChannelsFirst, int kWidth>
struct Windows {
  static constexpr bool step_fastest = !kChannelsFirst;
  static constexpr int width = kWidth;
  static constexpr bool walks_windows = true;
  static_assert(!kChannelsFirst || kWidth == 1, "pixels of a window's tap are no neighbours");

  Global<const T> image;
  Axis pixels, taps;  // (image, row, column) of the output; (r, s, channel)
  int64_t group_pitch;
  int32_t h, w;               // of the image
  int32_t sh, sw, top, left;  // pixel (p, q) has its window's first tap on
  int32_t dil_h, dil_w;       //   (p sh - top, q sw - left)

  void walk_by(int64_t steps_of_pace) {  // the host's
    pixels.walk_by(steps_of_pace);
    taps.walk_by(steps_of_pace);
  }

  __device__ __forceinline__ Place3 line(int64_t i) const { return pixels.at(i); }
  __device__ __forceinline__ Place3 step(int64_t k) const { return taps.at(k); }
  __device__ __forceinline__ void advance(Place3& step) const { taps.advance(step); }
  __device__ __forceinline__ void advance_line(Place3& line) const { pixels.advance(line); }
  __device__ __forceinline__ int64_t group_offset(int64_t group) const {
    return group * group_pitch;
  }
  __device__ __forceinline__ Pack<T, kWidth> read(const Place3& line, const Place3& step,
                                                  bool inside) const {
    const int32_t row = line.middle * sh - top + step.outer * dil_h;
    const int32_t column = line.inner * sw - left + step.middle * dil_w;
    inside = inside && static_cast<uint32_t>(row) < static_cast<uint32_t>(h) &&
             static_cast<uint32_t>(column) < static_cast<uint32_t>(w);
    if (!inside) return {};
    return read_pack<kWidth>(image, line.offset + step.offset);
  }
};

}  // namespace pyconv
