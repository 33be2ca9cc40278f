// SPDX-License-Identifier: BSD-3-Clause
// What launchers share: the axes of images, and the gemm that im2col and dense are built on.
#pragma once

#include "launch.cuh"
#include "ops/tile_product.cuh"

namespace pyconv {

inline Axis plain_axis(int64_t count, int64_t pitch) { return {count, count, 0, pitch}; }

// The pixels of (n, h, w, c), or (n, c, h, w) arrays, and their channels.
inline Axis pixel_axis(int64_t images, int64_t pixels, int64_t channels, bool channels_first) {
  if (!channels_first) return plain_axis(images * pixels, channels);
  return {images * pixels, pixels, pixels * channels, 1};
}
inline Axis channel_axis(int64_t channels, int64_t pixels, bool channels_first) {
  return plain_axis(channels, channels_first ? pixels : 1);
}
// From the first channel of a group to that of the next.
inline int64_t group_pitch(int64_t channels, int64_t pixels, bool channels_first) {
  return channels_first ? channels * pixels : channels;
}

// A matrix whose fastest index is told at run time.
template <class T>
struct AnyMatrix {
  Global<const T> data;
  Axis lines, steps;
  int64_t group_pitch;

  bool step_fastest() const { return steps.inner_pitch == 1; }
  template <bool kStepFastest>
  Matrix<T, kStepFastest> as() const {
    return {data, lines, steps, group_pitch};
  }
};

// c.rows.count x c.columns.count sums over a.steps.count.
template <class T>
void launch_gemm(const AnyMatrix<T>& a, const AnyMatrix<T>& b, const TileOutput<T>& c,
                 void* stream);

// sums[column] = the sum of `data` over rows, in a fixed order.
template <class T>
void launch_column_sum(Global<const T> data, const Axis& rows, const Axis& columns, Global<T> sums,
                       void* stream);

}  // namespace pyconv
