// SPDX-License-Identifier: BSD-3-Clause
// How depthwise_conv2d.cuh is launched, for arrays of any element type: packs, slices, grids.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "ops/conv2d_plan.hpp"
#include "ops/depthwise_conv2d.cuh"
#include "ops/depthwise_conv2d.hpp"

namespace pyconv {

constexpr int64_t kMostDepthwiseSlices = 256;  // they are added one after the other

inline DepthwisePitches depthwise_pitches(int64_t h, int64_t w, int64_t channels,
                                          const Window& window) {
  const ImagePitches all(h, w, channels, window.channels_first != 0);
  return {all.image, all.row, all.pixel, all.channel};
}

// Whether channels and filters are the same ones, in whole packs that are aligned.
template <class T>
bool depthwise_in_packs(const Window& w, std::initializer_list<Global<const T>> arrays) {
  constexpr int kPack = kPackOf<T>;
  if (w.channels_first != 0 || w.f != w.c || w.c % kPack != 0) return false;
  return std::all_of(arrays.begin(), arrays.end(), [](const Global<const T>& array) {
    return is_aligned(array, sizeof(Pack<T, kPack>));
  });
}

// Threads over (image, rows, columns, packs of channels) of the output.
template <class T>
DepthwiseParams<T> depthwise_params(const Window& w, int64_t rows, int64_t columns, int64_t packs) {
  DepthwiseParams<T> params{};
  params.window = w;
  params.of_x = depthwise_pitches(w.h, w.w, w.c, w);
  params.of_y = depthwise_pitches(w.oh, w.ow, w.f, w);
  params.packs = divisor(packs);
  params.columns = divisor(columns);
  params.rows = divisor(rows);
  params.multiplier = divisor(w.group_filters());
  params.sh = divisor(w.sh);
  params.sw = divisor(w.sw);
  params.size = w.n * rows * columns * packs;
  params.activation = ActivationKind::kLinear;
  return params;
}

// By the shape alone: a block adds eight rows at a time, of 32 packs of the (taps + 1) f items.
template <class T>
int64_t depthwise_slices(const Window& w) {
  if (forced_slices > 0) return forced_slices;
  constexpr int64_t kPack = sizeof(T) == 2 ? 8 : 4;
  const int64_t items = blocks((w.taps() + 1) * w.f, kItemLanes * kPack);
  const int64_t wanted = blocks(4 * kWantedBlocks, items);
  return std::max<int64_t>(
      1, std::min({wanted, kMostDepthwiseSlices, blocks(w.n * w.oh, int64_t{kRowLanes})}));
}

template <class T>
int64_t depthwise_workspace(const Window& window) {
  return depthwise_slices<T>(window) * (window.taps() + 1) * window.f;
}

template <class T>
void launch_depthwise(Global<const T> x, Global<const T> kernel, Global<const T> bias, Global<T> y,
                      const Window& window, ActivationKind activation, void* stream) {
  with_width<T>(depthwise_in_packs<T>(window, {x, kernel, y}), [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    DepthwiseParams<T> params = depthwise_params<T>(
        window, window.oh, blocks(window.ow, kDepthwiseStrip<kWidth>), window.f / kWidth);
    params.from = x;
    params.kernel = kernel;
    params.bias = bias;
    params.to = y;
    params.activation = activation;
    PYCONV_LAUNCH((depthwise_conv2d_kernel<T, kWidth>), blocks(params.size, kThreads), kThreads, 0,
                  stream, params);
  });
}

template <class T>
void launch_depthwise_backward_data(Global<const T> dy, Global<const T> kernel, Global<T> dx,
                                    const Window& window, void* stream) {
  with_width<T>(depthwise_in_packs<T>(window, {dy, kernel, dx}), [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    DepthwiseParams<T> params = depthwise_params<T>(window, window.h, window.w, window.c / kWidth);
    params.from = dy;
    params.kernel = kernel;
    params.to = dx;
    PYCONV_LAUNCH((depthwise_conv2d_backward_data_kernel<T, kWidth>), blocks(params.size, kThreads),
                  kThreads, 0, stream, params);
  });
}

template <class T>
void launch_depthwise_backward_kernel(Global<const T> x, Global<const T> dy,
                                      Global<SumOf<T>> dkernel, Global<SumOf<T>> dbias,
                                      const Window& window, Global<SumOf<T>> room, void* stream) {
  const int64_t slices = depthwise_slices<T>(window), taps = window.taps() * window.f;
  with_width<T>(depthwise_in_packs<T>(window, {x, dy}) && is_aligned(room, 16), [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    const int64_t items = (window.taps() + 1) * (window.f / kWidth);
    const int64_t item_blocks = blocks(items, kItemLanes);
    const DepthwiseKernelParams<T> params{x,
                                          dy,
                                          room,
                                          window,
                                          depthwise_pitches(window.h, window.w, window.c, window),
                                          depthwise_pitches(window.oh, window.ow, window.f, window),
                                          divisor(item_blocks),
                                          divisor(window.f / kWidth),
                                          divisor(window.kw),
                                          divisor(window.oh),
                                          divisor(window.group_filters()),
                                          items,
                                          blocks(window.n * window.oh, slices)};
    PYCONV_LAUNCH((depthwise_conv2d_backward_kernel_kernel<T, kWidth>), item_blocks * slices,
                  kItemLanes * kRowLanes, kDepthwiseBytes<kWidth>, stream, params);
  });
  TileOutput<SumOf<T>> sums{};
  sums.columns = plain_axis(window.f, 1);
  sums.data = dkernel;
  if (dkernel != nullptr) {
    launch_add_slices<SumOf<T>>(room, sums, taps, taps + window.f, window.f, slices, stream);
  }
  if (dbias == nullptr) return;
  sums.data = dbias;
  launch_add_slices<SumOf<T>>(room + taps, sums, window.f, taps + window.f, window.f, slices,
                              stream);
}

}  // namespace pyconv
