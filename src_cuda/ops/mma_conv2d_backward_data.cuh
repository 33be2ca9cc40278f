// SPDX-License-Identifier: BSD-3-Clause
// dx (n*h*w, c) = gradients met (n*h*w, taps*f) kernel^T (taps*f, c) on tensor cores, group by
// group. Pixels are taken in classes by the rests of their position modulo the strides: those of a
// class meet the same taps, so no product is with a zero. A class without taps is zero.
#pragma once

#include "ops/mma_product.cuh"

namespace pyconv {

// What classes share along one axis; counts of a class are the lesser or one more.
struct ParityCounts {
  ParitySizes sizes;
  Divisor pixels[2], taps[2];

  __device__ __forceinline__ Divisor pixel_divisor(const ParityAxis& axis) const {
    return axis.count == pixels[1].value ? pixels[1] : pixels[0];
  }
  __device__ __forceinline__ Divisor tap_divisor(const ParityAxis& axis) const {
    return axis.taps == taps[1].value ? taps[1] : taps[0];
  }
};

template <class T>
struct MmaConv2DBackwardDataParams {
  Global<const T> dy, kernel;
  int64_t images;
  int oh, ow;
  int64_t f;
  int64_t h, w, c, kw;
  int64_t channels;  // of a group
  Divisor filters;   // of a group
  Divisor classes_w;
  ParityCounts rows, columns;
  MmaOutput<T, T> dx;
  MmaCut cut;  // by the largest class
};

template <class T, class Block, int kWidth>
__global__ void __launch_bounds__(Block::threads, Block::resident)
    mma_conv2d_backward_data_kernel(MmaConv2DBackwardDataParams<T> p) {
  const MmaCut::Place place = p.cut.template place<Block>();
  const int64_t class_h = p.classes_w.divide(place.rest);
  const ParityAxis rows = parity_axis(p.rows.sizes, static_cast<int>(class_h));
  const ParityAxis columns =
      parity_axis(p.columns.sizes, static_cast<int>(p.classes_w.rest(place.rest, class_h)));
  p.cut.m = p.images * rows.count * columns.count;
  p.cut.k = static_cast<int64_t>(rows.taps) * columns.taps * p.filters.value;
  if (place.first_row >= p.cut.m) return;
  const Divisor pixel_rows = p.rows.pixel_divisor(rows);
  const Divisor pixel_columns = p.columns.pixel_divisor(columns);
  const Divisor tap_columns = p.columns.tap_divisor(columns);
  const MmaGradients<T> a{p.dy + place.group * p.filters.value,
                          p.oh,
                          p.ow,
                          p.f,
                          rows,
                          columns,
                          pixel_rows,
                          pixel_columns,
                          tap_columns,
                          p.filters};
  const MmaFilter<T> b{p.kernel + place.group * p.filters.value,
                       p.f,
                       p.kw,
                       p.channels,
                       rows,
                       columns,
                       tap_columns,
                       p.filters};
  const int64_t first_step = place.slice * p.cut.slice_steps;
  const int64_t stop = first_step + p.cut.slice_steps;
  MmaSums<Block> sums = {};
  mma_sum_tile<MmaGradients<T>, MmaFilter<T>, Block, kWidth>(sums, a, b, p.cut, place, first_step,
                                                             stop < p.cut.k ? stop : p.cut.k);
  mma_store<Block>(sums, p.dx, p.cut, place, [&](int64_t pixel) {
    const int64_t row = pixel_columns.divide(pixel);
    const int64_t image = pixel_rows.divide(row);
    const int64_t y = rows.first + pixel_rows.rest(row, image) * p.rows.sizes.stride;
    const int64_t x = columns.first + pixel_columns.rest(pixel, row) * p.columns.sizes.stride;
    return ((image * p.h + y) * p.w + x) * p.c;
  });
}

}  // namespace pyconv
