// SPDX-License-Identifier: BSD-3-Clause
// What launchers share: the axes of images, and the gemm that im2col and dense are built on.
#pragma once

#include "launch.cuh"
#include "ops/tile_product.cuh"

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

// Fills in how the grid is cut; returns its blocks. A's and B's lines are the rows and columns.
template <class T, class A, class B>
int64_t cut_grid(Product<T, A, B>& product, int64_t slices) {
  const int64_t tiles_m = blocks(product.m, kTile);
  const int64_t tiles_n = blocks(product.n, kTile);
  product.tiles_m = divisor(tiles_m);
  product.tiles_n = divisor(tiles_n);
  product.slices = divisor(slices);
  product.slice_steps = blocks(product.k, slices);
  return tiles_m * tiles_n * slices * product.groups;
}

inline Axis plain_axis(int64_t count, int64_t pitch) { return {count, divisor(count), 0, pitch}; }

// The pixels of (n, h, w, c), or (n, c, h, w) arrays, and their channels.
inline Axis pixel_axis(int64_t images, int64_t pixels, int64_t channels, bool channels_first) {
  if (!channels_first) return plain_axis(images * pixels, channels);
  return {images * pixels, divisor(pixels), pixels * channels, 1};
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
