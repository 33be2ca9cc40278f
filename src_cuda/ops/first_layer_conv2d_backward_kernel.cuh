// SPDX-License-Identifier: BSD-3-Clause
// dkernel (kh*kw*c, f) and dbias (f) of images with up to four channels: sums over pixels of
// x[window] dy, too few rows for the tiles of a product. The bias is one more row, whose x is 1.
//
// A block owns a slice of the output, in pieces of a few rows. It stages the image rows under a
// piece in shared memory once; its warps share out the piece's rows and the kernel's, a thread sums
// kTaps rows of the kernel x kFilters filters in registers, where each pack of dy is read for all
// of them. Warps are added left to right, and so are the slices, by add_slices.cuh.
#pragma once

#include "ops/image_rows.cuh"
#include "pack.cuh"

namespace pyconv {

constexpr int kSumTapLanes = 4;     // neighbours have neighbouring rows of the kernel
constexpr int kSumFilterLanes = 8;  // and read neighbouring packs of dy
constexpr int kSumWarps = 8;        // of a block at most
static_assert(kSumTapLanes * kSumFilterLanes == kWarpLanes, "lanes cover the warp's tile");

template <class T>
struct FirstLayerSums {
  ImageRows<T> image;
  Global<const T> dy;
  Global<T> sums;  // (slices, kh*kw*c + 1, f): after the taps, the bias
  Window window;
  Divisor channels, kw;
  Divisor blocks_f, blocks_taps;  // of the grid, slices being slowest
  Divisor tiles_w, tiles_h;       // pieces of an image
  Divisor tile_warps;             // warps of a block with tap tiles of their own
  int64_t pieces, pieces_of_slice;
  int32_t rows, columns;  // of a piece
  int32_t parts;          // warps that take its rows in turn
  int32_t slots;          // of all tap tiles: kh*kw*c rows, some without, the bias last
};

// What a thread sums.
struct FirstLayerSumPlace {
  int64_t slice;
  int32_t filter;      // the first one
  int32_t first_slot;  // of the block
  int32_t slot;        // the thread's first one; then every kSumTapLanes-th
  int32_t part;
};
template <int kTaps, int kFilters, int kWidth, class T>
__device__ __forceinline__ FirstLayerSumPlace first_layer_sum_place(const FirstLayerSums<T>& p) {
  constexpr int kSlots = kTaps * kSumTapLanes;
  const int64_t block = p.blocks_f.divide(blockIdx.x), slice = p.blocks_taps.divide(block);
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
  const int64_t warp = threadIdx.x / kWarpLanes, part = p.tile_warps.divide(warp);
  const int64_t tiles = p.blocks_taps.rest(block, slice) * p.tile_warps.value;
  const int64_t filters = p.blocks_f.rest(blockIdx.x, block) * kSumFilterLanes * kFilters;
  return {
      slice, static_cast<int32_t>(filters) + lane % kSumFilterLanes * kWidth,
      static_cast<int32_t>(tiles) * kSlots,
      static_cast<int32_t>(tiles + p.tile_warps.rest(warp, part)) * kSlots + lane / kSumFilterLanes,
      static_cast<int32_t>(part)};
}

// From a pixel of the staged rows to the element that row `slot` of the kernel meets; slots without
// a row read the last one's.
template <class T>
__device__ __forceinline__ int offset_of_tap(const FirstLayerSums<T>& p, int slot) {
  const Window& w = p.window;
  const int last = static_cast<int>(w.kh * w.kw * w.c) - 1;
  const int tap = slot < last ? slot : last;
  const int64_t pixel = p.channels.divide(tap), r = p.kw.divide(pixel);
  return static_cast<int>(r * w.dil_h * p.image.pitch.value + p.kw.rest(pixel, r) * w.dil_w * w.c +
                          p.channels.rest(tap, pixel));
}

// The first pixel of a piece of the output.
struct FirstLayerPiece {
  int64_t image, row, column;
};
template <class T>
__device__ __forceinline__ FirstLayerPiece first_layer_piece(const FirstLayerSums<T>& p,
                                                             int64_t piece) {
  const int64_t strip = p.tiles_w.divide(piece), image = p.tiles_h.divide(strip);
  return {image, p.tiles_h.rest(strip, image) * p.rows, p.tiles_w.rest(piece, strip) * p.columns};
}

// sums[t][g * kWidth + e] += x dy over the part's rows of a piece.
template <int kWidth, class T, int kTaps, int kFilters>
__device__ __forceinline__ void add_piece(const FirstLayerSums<T>& p, const FirstLayerPiece& piece,
                                          const FirstLayerSumPlace& place,
                                          const int (&offsets)[kTaps], Shared<T> image,
                                          T (&sums)[kTaps][kFilters]) {
  constexpr int kNext = kSumFilterLanes * kWidth;
  // Pixels whose reads are in flight: as many as registers hold.
  [[maybe_unused]] constexpr int kAtOnce = kWidth < 4 ? 1 : 16 / kFilters;
  const Window& w = p.window;
  const int64_t rows_left = w.oh - piece.row, columns_left = w.ow - piece.column;
  const int rows = rows_left < p.rows ? static_cast<int>(rows_left) : p.rows;
  const int columns = columns_left < p.columns ? static_cast<int>(columns_left) : p.columns;
  const int below = static_cast<int>(w.sh * p.image.pitch.value);
  const int beside = static_cast<int>(w.sw * w.c);
  const int last = static_cast<int>(w.f) - kWidth - place.filter;  // filters
  const bool bias = place.slot + (kTaps - 1) * kSumTapLanes == p.slots - 1;
  for (int row = place.part; row < rows; row += p.parts) {
    const int64_t pixel = (piece.image * w.oh + piece.row + row) * w.ow + piece.column;
    Global<const T> dy = p.dy + (pixel * w.f + place.filter);
    int at = row * below;
#pragma unroll kAtOnce
    for (int column = 0; column < columns; ++column) {
      T x[kTaps];
#pragma unroll
      for (int t = 0; t < kTaps; ++t) x[t] = image[at + offsets[t]];
      if (bias) x[kTaps - 1] = 1;
#pragma unroll
      for (int g = 0; g < kFilters / kWidth; ++g) {
        // Lanes beyond the filters sum the last ones too, and store nothing.
        const auto pack = read_pack<kWidth>(dy, g * kNext < last ? g * kNext : last);
#pragma unroll
        for (int t = 0; t < kTaps; ++t) {
#pragma unroll
          for (int e = 0; e < kWidth; ++e) sums[t][g * kWidth + e] += x[t] * pack[e];
        }
      }
      at += beside;
      dy = dy + w.f;
    }
  }
}

// Adds the parts left to right and writes the block's share of its slice, a row of every warp at a
// time.
template <int kWidth, class T, int kTaps, int kFilters>
__device__ __forceinline__ void store_sums(const FirstLayerSums<T>& p,
                                           const FirstLayerSumPlace& place,
                                           const T (&sums)[kTaps][kFilters]) {
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  const int warp = thread / kWarpLanes, lane = thread % kWarpLanes;
  const int f = static_cast<int>(p.window.f);
  const int taps = static_cast<int>(p.window.kh * p.kw.value * p.channels.value);
  const int first_filter = place.filter - lane % kSumFilterLanes * kWidth;
  const int tile_size = kFilters * kWarpLanes;
  const int size = static_cast<int>(p.tile_warps.value) * tile_size;
  const Shared<T> partial = shared<T>(0, p.parts * size);
#pragma unroll
  for (int t = 0; t < kTaps; ++t) {
    __syncthreads();
#pragma unroll
    for (int e = 0; e < kFilters; ++e) {
      partial[(warp * kFilters + e) * kWarpLanes + lane] = sums[t][e];
    }
    __syncthreads();
#pragma unroll 1
    for (int i = thread; i < size; i += threads) {
      double sum = 0;
#pragma unroll 1
      for (int part = 0; part < p.parts; ++part) sum += partial[part * size + i];
      const int tile = i / tile_size, e = i / kWarpLanes % kFilters, of_lane = i % kWarpLanes;
      const int slot =
          place.first_slot + (tile * kTaps + t) * kSumTapLanes + of_lane / kSumFilterLanes;
      const int filter = first_filter + e % kWidth +
                         (e / kWidth * kSumFilterLanes + of_lane % kSumFilterLanes) * kWidth;
      const int row = slot == p.slots - 1 ? taps : slot;
      const bool empty = slot != p.slots - 1 && slot >= taps;
      if (empty || filter >= f) continue;
      p.sums[(place.slice * (taps + 1) + row) * f + filter] = static_cast<T>(sum);
    }
  }
}

template <class T, int kTaps, int kFilters, int kWidth>
__global__ void __launch_bounds__(kSumWarps* kWarpLanes, 2)
    first_layer_conv2d_backward_kernel_kernel(const FirstLayerSums<T> p) {
  const auto place = first_layer_sum_place<kTaps, kFilters, kWidth>(p);
  const Window& w = p.window;
  const Shared<T> image = shared<T>(0, p.image.size());
  int offsets[kTaps];
#pragma unroll
  for (int t = 0; t < kTaps; ++t) offsets[t] = offset_of_tap(p, place.slot + t * kSumTapLanes);
  int64_t end = (place.slice + 1) * p.pieces_of_slice;
  if (end > p.pieces) end = p.pieces;
  T sums[kTaps][kFilters] = {};
#pragma unroll 1
  for (int64_t i = place.slice * p.pieces_of_slice; i < end; ++i) {
    const FirstLayerPiece piece = first_layer_piece(p, i);
    __syncthreads();  // the last piece is read
    stage_image_rows(p.image, w, piece.image, piece.row * w.sh - w.top,
                     piece.column * w.sw - w.left, image);
    __syncthreads();
    add_piece<kWidth>(p, piece, place, offsets, image, sums);
  }
  store_sums<kWidth>(p, place, sums);
}

}  // namespace pyconv
