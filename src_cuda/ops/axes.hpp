// SPDX-License-Identifier: BSD-3-Clause
// Builds the axes of images and matrices, for launchers.
#pragma once

#include <string>

#include "launch.cuh"
#include "ops/axis.cuh"

namespace pyconv {

inline Divisor divisor(int64_t value) {
  __extension__ using Wide = unsigned __int128;
  const uint64_t d = value < 1 ? 1 : static_cast<uint64_t>(value);  // an empty axis divides nothing
  int log = 0;
  while (log < 63 && (uint64_t{1} << log) < d) ++log;
  const Wide multiplier = (static_cast<Wide>((uint64_t{1} << log) - d) << 64) / d + 1;
  return {static_cast<int64_t>(d), static_cast<uint64_t>(multiplier), log < 1 ? log : 1,
          log < 1 ? 0 : log - 1};
}

// Kernels count along the axes of an image in 32 bits.
inline int32_t short_length(int64_t value) {
  if (value > INT32_MAX || value < INT32_MIN) {
    throw KernelError("a length of " + std::to_string(value) +
                      " pixels or channels; kernels of products count to 2147483647");
  }
  return static_cast<int32_t>(value);
}

struct AxisLevel {
  int64_t length, pitch;
};

// The levels from the outermost on, and the offset of index 0.
inline Axis nested_axis(const AxisLevel& outer, const AxisLevel& middle, const AxisLevel& inner,
                        int64_t first = 0) {
  Axis axis = {};
  axis.count = outer.length * middle.length * inner.length;
  axis.middle = divisor(short_length(middle.length));
  axis.inner = divisor(short_length(inner.length));
  axis.outer_pitch = outer.pitch;
  axis.middle_pitch = middle.pitch;
  axis.inner_pitch = inner.pitch;
  axis.first = first;
  return axis;
}
inline Axis plain_axis(int64_t count, int64_t pitch) {
  return nested_axis({count, pitch}, {1, 0}, {1, 0});
}

// The pixels of (n, h, w, c), or (n, c, h, w) arrays, and their channels.
inline Axis pixel_axis(int64_t images, int64_t pixels, int64_t channels, bool channels_first) {
  if (!channels_first) return plain_axis(images * pixels, channels);
  return nested_axis({images, pixels * channels}, {1, 0}, {pixels, 1});
}
inline Axis channel_axis(int64_t channels, int64_t pixels, bool channels_first) {
  return plain_axis(channels, channels_first ? pixels : 1);
}
// From the first channel of a group to that of the next.
inline int64_t group_pitch(int64_t channels, int64_t pixels, bool channels_first) {
  return channels_first ? channels * pixels : channels;
}

}  // namespace pyconv
