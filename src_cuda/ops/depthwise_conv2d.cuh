// SPDX-License-Identifier: BSD-3-Clause
// Convolutions whose every channel has filters of its own: filter j sees channel j / multiplier. No
// products: these kernels live on the speed of memory, and read kWidth neighbouring channels at a
// time (more than one where multiplier is 1). 16-bit arrays are summed in float32 and rounded once.
#pragma once

#include "element.cuh"
#include "ops/activation.cuh"
#include "ops/col2im.cuh"
#include "pack.cuh"

namespace pyconv {

// From an element of an image to the next one along each axis.
struct DepthwisePitches {
  int64_t image, row, pixel, channel;
};

constexpr int kDepthwiseBlocks = 3;  // on a multiprocessor, so that loads hide each other's waiting

// The sums of a pack, which may be longer than one access.
template <class T, int kWidth>
struct DepthwiseSums {
  SumOf<T> values[kWidth];

  __device__ __forceinline__ SumOf<T>& operator[](int e) { return values[e]; }
  // += a b, element by element.
  __device__ __forceinline__ void add(const Pack<T, kWidth>& a, const Pack<T, kWidth>& b) {
#pragma unroll
    for (int e = 0; e < kWidth; ++e) values[e] += widen(a[e]) * widen(b[e]);
  }
  __device__ __forceinline__ Pack<T, kWidth> rounded() const {
    Pack<T, kWidth> pack;
#pragma unroll
    for (int e = 0; e < kWidth; ++e) pack[e] = narrow<T>(values[e]);
    return pack;
  }
};

template <class T>
struct DepthwiseParams {
  Global<const T> from;  // x, or dy for the gradient of x
  Global<const T> kernel;
  Global<const T> bias;  // (filters), or null
  Global<T> to;
  Window window;
  DepthwisePitches of_x, of_y;
  Divisor packs, columns, rows, multiplier;  // of the output: channels / kWidth, strips, rows
  Divisor sh, sw;
  int64_t size;  // threads that have work
  ActivationKind activation;
};

// What a thread works on: the first channel of a pack, and a place along columns and rows.
struct DepthwisePlace {
  int64_t image, row, column, channel;
};

// Channels are neighbours in memory, or columns are.
template <class T>
__device__ __forceinline__ DepthwisePlace depthwise_place(const DepthwiseParams<T>& p, int64_t i,
                                                          int width) {
  const bool channels_first = p.window.channels_first != 0;
  const Divisor& first = channels_first ? p.columns : p.packs;
  const Divisor& second = channels_first ? p.rows : p.columns;
  const Divisor& third = channels_first ? p.packs : p.rows;
  const int64_t j = first.divide(i), k = second.divide(j), image = third.divide(k);
  const int64_t a = first.rest(i, j), b = second.rest(j, k), c = third.rest(k, image);
  if (channels_first) return {image, b, a, c * width};
  return {image, c, b, a * width};
}

// Outputs of a thread, for which each tap of the filter is read once: as many as registers hold.
template <int kWidth>
constexpr int kDepthwiseStrip = kWidth == 8 ? 2 : 4;

// y = activation(bias + sum over taps); one thread, a strip of neighbouring pixels of a pack.
template <class T, int kWidth>
__global__ void __launch_bounds__(256, kDepthwiseBlocks)
    depthwise_conv2d_kernel(const DepthwiseParams<T> p) {
  const int64_t i = global_thread();
  if (i >= p.size) return;
  const Window& w = p.window;
  const DepthwisePlace at = depthwise_place(p, i, kWidth);
  constexpr int kStrip = kDepthwiseStrip<kWidth>;
  const int64_t first = at.column * kStrip;
  const int64_t source = at.image * p.of_x.image + p.multiplier.divide(at.channel) * p.of_x.channel;
  DepthwiseSums<T, kWidth> sums[kStrip] = {};
  for (int64_t r = 0; r < w.kh; ++r) {
    const int64_t h = at.row * w.sh - w.top + r * w.dil_h;
    for (int64_t s = 0; s < w.kw; ++s) {
      const auto tap = read_pack<kWidth>(p.kernel, (r * w.kw + s) * w.f + at.channel);
#pragma unroll
      for (int o = 0; o < kStrip; ++o) {
        const int64_t column = (first + o) * w.sw - w.left + s * w.dil_w;
        const bool inside = h >= 0 && h < w.h && column >= 0 && column < w.w;
        Pack<T, kWidth> pixel = {};  // padding is zeros that are multiplied
        if (inside) {
          pixel = read_pack<kWidth>(p.from, source + h * p.of_x.row + column * p.of_x.pixel);
        }
        sums[o].add(pixel, tap);
      }
    }
  }
#pragma unroll
  for (int o = 0; o < kStrip; ++o) {
    if (first + o >= w.ow) break;
#pragma unroll
    for (int e = 0; e < kWidth; ++e) {
      if (p.bias != nullptr) {
        const T bias = p.bias[at.channel + e];
        sums[o][e] += widen(bias);
      }
      sums[o][e] = activate<SumOf<T>>(sums[o][e], p.activation);
    }
    write_pack(p.to,
               at.image * p.of_y.image + at.row * p.of_y.row + (first + o) * p.of_y.pixel +
                   at.channel * p.of_y.channel,
               sums[o].rounded());
  }
}

// dx = sum over the windows that cover a pixel; one thread, one pixel of a pack.
template <class T, int kWidth>
__global__ void __launch_bounds__(256, kDepthwiseBlocks)
    depthwise_conv2d_backward_data_kernel(const DepthwiseParams<T> p) {
  const int64_t i = global_thread();
  if (i >= p.size) return;
  const Window& w = p.window;
  const DepthwisePlace at = depthwise_place(p, i, kWidth);
  DepthwiseSums<T, kWidth> sum = {};
  for (int64_t r = 0; r < w.kh; ++r) {
    const int64_t row = window_of(at.row + w.top, r * w.dil_h, p.sh, w.oh);
    if (row < 0) continue;
    for (int64_t s = 0; s < w.kw; ++s) {
      const int64_t column = window_of(at.column + w.left, s * w.dil_w, p.sw, w.ow);
      if (column < 0) continue;
#pragma unroll 1  // packs have one filter, and blocks need the registers
      for (int64_t m = 0; m < p.multiplier.value; ++m) {
        const int64_t filter = at.channel * p.multiplier.value + m;
        const auto dy =
            read_pack<kWidth>(p.from, at.image * p.of_y.image + row * p.of_y.row +
                                          column * p.of_y.pixel + filter * p.of_y.channel);
        const auto tap = read_pack<kWidth>(p.kernel, (r * w.kw + s) * w.f + filter);
        sum.add(dy, tap);
      }
    }
  }
  write_pack(p.to,
             at.image * p.of_x.image + at.row * p.of_x.row + at.column * p.of_x.pixel +
                 at.channel * p.of_x.channel,
             sum.rounded());
}

template <class T>
struct DepthwiseKernelParams {
  Global<const T> x, dy;
  Global<SumOf<T>> dkernel;  // (slices, kh*kw*f + f): after the taps, the bias
  Window window;
  DepthwisePitches of_x, of_y;
  Divisor items_of_block, packs, kw, oh, multiplier;
  int64_t items;       // (tap, pack of filters), the bias being one more tap
  int64_t slice_rows;  // of the n*oh rows of the output
};

constexpr int kItemLanes = 32;  // neighbouring items of a block
constexpr int kRowLanes = 8;    // warps that take rows in turn
template <int kWidth>
constexpr int kDepthwiseBytes = kItemLanes * kRowLanes * kWidth * static_cast<int>(sizeof(double));

// The sum of x dy over one row of the output.
template <class T, int kWidth>
__device__ __forceinline__ DepthwiseSums<T, kWidth> depthwise_row(const DepthwiseKernelParams<T>& p,
                                                                  int64_t row, int64_t tap,
                                                                  int64_t filter) {
  const Window& w = p.window;
  const int64_t image = p.oh.divide(row), out = p.oh.rest(row, image);
  const bool bias = tap == w.kh * w.kw;
  const int64_t r = p.kw.divide(tap), s = p.kw.rest(tap, r);
  const int64_t h = out * w.sh - w.top + r * w.dil_h;
  const int64_t source =
      image * p.of_x.image + h * p.of_x.row + p.multiplier.divide(filter) * p.of_x.channel;
  const int64_t gradient = image * p.of_y.image + out * p.of_y.row + filter * p.of_y.channel;
  DepthwiseSums<T, kWidth> sum = {};
  if (!bias && (h < 0 || h >= w.h)) return sum;
  [[maybe_unused]] constexpr int kReads = kWidth == 8 ? 2 : 4;  // in flight
#pragma unroll kReads
  for (int64_t q = 0; q < w.ow; ++q) {
    const int64_t column = q * w.sw - w.left + s * w.dil_w;
    if (!bias && (column < 0 || column >= w.w)) continue;
    const auto dy = read_pack<kWidth>(p.dy, gradient + q * p.of_y.pixel);
    Pack<T, kWidth> pixel;
    if (bias) {
#pragma unroll
      for (int e = 0; e < kWidth; ++e) pixel[e] = narrow<T>(SumOf<T>(1));
    } else {
      pixel = read_pack<kWidth>(p.x, source + column * p.of_x.pixel);
    }
    sum.add(pixel, dy);
  }
  return sum;
}

// First pass: one block adds a slice of rows for 32 items; its warps take rows in turn and are
// added left to right. The second one is add_slices_kernel.
template <class T, int kWidth>
__global__ void __launch_bounds__(kItemLanes* kRowLanes, kDepthwiseBlocks)
    depthwise_conv2d_backward_kernel_kernel(const DepthwiseKernelParams<T> p) {
  const int64_t slice = p.items_of_block.divide(blockIdx.x);
  const int lane = static_cast<int>(threadIdx.x) % kItemLanes;
  const int warp = static_cast<int>(threadIdx.x) / kItemLanes;
  const int64_t item = p.items_of_block.rest(blockIdx.x, slice) * kItemLanes + lane;
  const int64_t tap = p.packs.divide(item);
  const int64_t filter = p.packs.rest(item, tap) * kWidth;
  const int64_t rows = p.window.n * p.window.oh;
  int64_t end = (slice + 1) * p.slice_rows;
  if (end > rows) end = rows;
  double sums[kWidth] = {};
  if (item < p.items) {
    for (int64_t row = slice * p.slice_rows + warp; row < end; row += kRowLanes) {
      DepthwiseSums<T, kWidth> part = depthwise_row<T, kWidth>(p, row, tap, filter);
#pragma unroll
      for (int e = 0; e < kWidth; ++e) sums[e] += static_cast<double>(part[e]);
    }
  }
  Shared<double> partial = shared<double>(0, kItemLanes * kRowLanes * kWidth);
#pragma unroll
  for (int e = 0; e < kWidth; ++e) partial[(e * kRowLanes + warp) * kItemLanes + lane] = sums[e];
  __syncthreads();
  if (warp > 0 || item >= p.items) return;
  const int64_t f = p.window.f;
  const int64_t first = slice * (p.window.kh * p.window.kw + 1) * f + tap * f + filter;
  constexpr int kWritten = kWidth < kPackOf<SumOf<T>> ? kWidth : kPackOf<SumOf<T>>;
#pragma unroll
  for (int e = 0; e < kWidth; e += kWritten) {
    Pack<SumOf<T>, kWritten> total;
#pragma unroll
    for (int i = 0; i < kWritten; ++i) {
      double sum = 0;
#pragma unroll
      for (int y = 0; y < kRowLanes; ++y) {
        sum += partial[((e + i) * kRowLanes + y) * kItemLanes + lane];
      }
      total[i] = static_cast<SumOf<T>>(sum);
    }
    write_pack(p.dkernel, first + e, total);
  }
}

}  // namespace pyconv
