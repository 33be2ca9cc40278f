// SPDX-License-Identifier: BSD-3-Clause
// y = activation(x * kernel + bias) of images with up to four channels, as a network's first layer
// has them: there a step of the sum is a row of kw*c neighbours, too short for the tiles of a
// product, and an image row is read by kh/sh rows of the output.
//
// One block stages the image rows under its tile of the output, padding as zeros, in shared memory
// once; then every thread sums 8 pixels x kFilters filters without meeting the others again. For
// each tap its filters travel to registers, and 4 lanes' pixels to all 8 lanes that share them.
#pragma once

#include "ops/activation.cuh"
#include "ops/image_rows.cuh"
#include "pack.cuh"

namespace pyconv {

// A warp has 2 x 16 pixels of the output, a block up to 8 such strips, one below the other.
constexpr int kStripRows = 2, kStripColumns = 16;
constexpr int kStripPixels = 8;       // of a thread: 2 rows of 4 columns
constexpr int kStripFilterLanes = 8;  // neighbours read neighbouring filters
constexpr int kStripPixelLanes = 4;   // neighbours have neighbouring columns
constexpr int kStripsPerBlock = 8;
static_assert(kStripFilterLanes * kStripPixelLanes == kWarpLanes &&
                  kStripPixelLanes * kStripPixels == kStripRows * kStripColumns,
              "lanes cover the strip");

template <class T>
struct FirstLayerParams {
  ImageRows<T> image;
  Global<const T> kernel, bias;  // bias: (f), or null
  Global<T> y;
  Window window;
  Divisor tiles_f, tiles_w, tiles_h;  // of filters, columns and rows of the output
  int32_t strips;                     // of a block
  ActivationKind activation;
};

// Neighbouring channels of a pixel that are read at once: more would cost registers.
template <int kChannels>
constexpr int kPixelPack = kChannels % 2 == 0 ? 2 : 1;

// The first pixel of a block's tile, and the thread's first filter.
struct FirstLayerPlace {
  int64_t image, filter;
  int32_t row, column;
};
template <int kFilters, int kWidth, class T>
__device__ __forceinline__ FirstLayerPlace first_layer_place(const FirstLayerParams<T>& p) {
  const int64_t tile = p.tiles_f.divide(blockIdx.x);
  const int64_t strip = p.tiles_w.divide(tile);
  const int64_t image = p.tiles_h.divide(strip);
  const int lane = static_cast<int>(threadIdx.x) % kStripFilterLanes;
  return {image, p.tiles_f.rest(blockIdx.x, tile) * kStripFilterLanes * kFilters + lane * kWidth,
          static_cast<int32_t>(p.tiles_h.rest(strip, image)) * p.strips * kStripRows,
          static_cast<int32_t>(p.tiles_w.rest(tile, strip)) * kStripColumns};
}

// Adds channel `channel` of the pixels' packs times its filters, of which there are `count`.
template <int kWidth, class T, int kPack, int kFilters>
__device__ __forceinline__ void add_products(Global<const T> filters, int count,
                                             const Pack<T, kPack> (&pixels)[kStripPixels],
                                             int channel, T (&sums)[kStripPixels][kFilters]) {
#pragma unroll
  for (int g = 0; g < kFilters / kWidth; ++g) {
    const int first = g * kStripFilterLanes * kWidth;
    Pack<T, kWidth> taps = {};
    if (first < count) taps = read_pack<kWidth>(filters, first);
#pragma unroll
    for (int i = 0; i < kStripPixels; ++i) {
#pragma unroll
      for (int e = 0; e < kWidth; ++e) sums[i][g * kWidth + e] += pixels[i][channel] * taps[e];
    }
  }
}

// sums[i][g * kWidth + e]: pixel i and filter place.filter + g * 8 kWidth + e.
template <int kChannels, int kWidth, class T, int kFilters>
__device__ __forceinline__ void sum_image_rows(const FirstLayerParams<T>& p, int64_t filter,
                                               Shared<T> image, T (&sums)[kStripPixels][kFilters]) {
  constexpr int kPack = kPixelPack<kChannels>;
  [[maybe_unused]] constexpr int kAtOnce = kChannels < 4 ? kChannels / kPack : 1;
  const Window& w = p.window;
  const int f = static_cast<int>(w.f), kw = static_cast<int>(w.kw);
  const int strip = static_cast<int>(threadIdx.x) / kWarpLanes;
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes / kStripFilterLanes;
  const int row_size = static_cast<int>(p.image.pitch.value);
  const int below = static_cast<int>(w.sh) * row_size;       // from a pixel to the one below
  const int beside = static_cast<int>(w.sw) * kChannels;     // and to the next one
  const int tap_row = static_cast<int>(w.dil_h) * row_size;  // the same of taps
  const int tap = static_cast<int>(w.dil_w) * kChannels;
  const int first = strip * kStripRows * below + lane * beside;
  const int count = f - static_cast<int>(filter);  // of filters, from this thread's on
  Global<const T> filters = p.kernel + filter;
  for (int r = 0; r < static_cast<int>(w.kh); ++r) {
    int at = first + r * tap_row;
#pragma unroll 1  // registers are the sums'
    for (int s = 0; s < kw; ++s) {
#pragma unroll kAtOnce
      for (int c = 0; c < kChannels; c += kPack) {
        Pack<T, kPack> pixels[kStripPixels];
#pragma unroll
        for (int i = 0; i < kStripPixels; ++i) {
          const int pixel = at + i / 4 * below + i % 4 * kStripPixelLanes * beside;
          pixels[i] = read_pack<kPack>(image, pixel + c);
        }
#pragma unroll
        for (int e = 0; e < kPack; ++e) {
          add_products<kWidth>(filters, count, pixels, e, sums);
          filters = filters + f;
        }
      }
      at += tap;
    }
  }
}

// Exponentials among the sums would cost registers: they are taken of what the thread has stored.
template <int kWidth, class T>
__device__ __forceinline__ void bend_pack(Global<T> y, int64_t at, ActivationKind kind) {
#pragma unroll 1
  for (int e = 0; e < kWidth; ++e) y[at + e] = activate_curved<T>(y[at + e], kind);
}

template <int kWidth, class T, int kFilters>
__device__ __forceinline__ void store_pixels(const FirstLayerParams<T>& p,
                                             const FirstLayerPlace& place,
                                             const T (&sums)[kStripPixels][kFilters]) {
  constexpr int kGroups = kFilters / kWidth, kNext = kStripFilterLanes * kWidth;
  const Window& w = p.window;
  const int thread = static_cast<int>(threadIdx.x);
  const int64_t row = place.row + thread / kWarpLanes * kStripRows;
  const int64_t column = place.column + thread % kWarpLanes / kStripFilterLanes;
  const int64_t first = ((place.image * w.oh + row) * w.ow + column) * w.f + place.filter;
  const auto inside = [&](int i) {
    return row + i / 4 < w.oh && column + i % 4 * kStripPixelLanes < w.ow;
  };
  const auto offset = [&](int i) {
    return first + (i / 4 * w.ow + i % 4 * kStripPixelLanes) * w.f;
  };
#pragma unroll
  for (int g = 0; g < kGroups; ++g) {
    if (place.filter + g * kNext >= w.f) continue;
    Pack<T, kWidth> bias = {};
    if (p.bias != nullptr) {
#pragma unroll
      for (int e = 0; e < kWidth; ++e) bias[e] = p.bias[place.filter + g * kNext + e];
    }
#pragma unroll
    for (int i = 0; i < kStripPixels; ++i) {
      if (!inside(i)) continue;
      Pack<T, kWidth> pack;
#pragma unroll
      for (int e = 0; e < kWidth; ++e) {
        pack[e] = activate_straight<T>(sums[i][g * kWidth + e] + bias[e], p.activation);
      }
      write_pack(p.y, offset(i) + g * kNext, pack);
    }
  }
  if (!is_curved(p.activation)) return;
#pragma unroll 1
  for (int i = 0; i < kStripPixels; ++i) {
#pragma unroll 1
    for (int g = 0; g < kGroups; ++g) {
      if (!inside(i) || place.filter + g * kNext >= w.f) continue;
      bend_pack<kWidth>(p.y, offset(i) + g * kNext, p.activation);
    }
  }
}

template <class T, int kChannels, int kFilters, int kWidth>
__global__ void __launch_bounds__(kStripsPerBlock* kWarpLanes, 2)
    first_layer_conv2d_kernel(const FirstLayerParams<T> p) {
  const auto place = first_layer_place<kFilters, kWidth>(p);
  const Shared<T> image = shared<T>(0, p.image.size());
  const Window& w = p.window;
  stage_image_rows(p.image, w, place.image, place.row * w.sh - w.top, place.column * w.sw - w.left,
                   image);
  __syncthreads();
  T sums[kStripPixels][kFilters] = {};
  sum_image_rows<kChannels, kWidth>(p, place.filter, image, sums);
  store_pixels<kWidth>(p, place, sums);
}

}  // namespace pyconv
