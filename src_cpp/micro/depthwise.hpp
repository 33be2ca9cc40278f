// SPDX-License-Identifier: BSD-3-Clause
// Windows whose channels stay apart: a vector is some channels of one pixel.
#pragma once

#include "kernels.hpp"
#include "micro/gemm_tile.hpp"

namespace {

// A vector of channels; `whole` where all its lanes are there.
template <class T, bool whole>
inline typename Vec<T>::Reg load_channels(const T* p, typename Vec<T>::Mask mask) {
  if constexpr (whole) {
    return Vec<T>::load(p);
  } else {
    return Vec<T>::load(p, mask);
  }
}

// Pixels [j, j + Pixels) of the row, channels from ch: each sum one chain over the taps.
template <class T, int Pixels, bool whole>
inline void depthwise_pixels(const pyconv::DepthwiseRow<T>& row, int64_t j, int64_t ch) {
  using V = Vec<T>;
  const int64_t lanes = whole ? V::width : row.channels - ch;
  const typename V::Mask mask = V::tail(lanes);
  typename V::Reg acc[Pixels][1];
  PYCONV_UNROLL
  for (int u = 0; u < Pixels; ++u) acc[u][0] = V::zero();
  const T* source = row.source + j * row.step + ch;
  const T* kernel = row.kernel + ch;
  for (int64_t t = 0; t < row.taps; ++t, kernel += row.channels) {
    const T* from = source + row.offset[t];
    const typename V::Reg weight = load_channels<T, whole>(kernel, mask);
    PYCONV_UNROLL
    for (int u = 0; u < Pixels; ++u) {
      acc[u][0] = V::fma(load_channels<T, whole>(from + u * row.step, mask), weight, acc[u][0]);
    }
  }
  T* out[Pixels];
  PYCONV_UNROLL
  for (int u = 0; u < Pixels; ++u) out[u] = row.out + (j + u) * row.out_step + ch;
  pyconv::TileEnd<T> end = row.end;
  if (end.bias) end.bias += ch;
  end_tile<T, Pixels, 1>(acc, out, lanes, end);
}

template <class T, int Pixels>
inline void depthwise_channels(const pyconv::DepthwiseRow<T>& row, int64_t j) {
  int64_t ch = 0;
  for (; ch + Vec<T>::width <= row.channels; ch += Vec<T>::width) {
    depthwise_pixels<T, Pixels, true>(row, j, ch);
  }
  if (ch < row.channels) depthwise_pixels<T, Pixels, false>(row, j, ch);
}

// Channels go by fastest: a few pixels are read as lines of memory, in order.
template <class T>
void depthwise_row(const pyconv::DepthwiseRow<T>& given) {
  const pyconv::DepthwiseRow<T> row = given;  // which no store of a vector changes
  int64_t j = 0;
  for (; j + 8 <= row.count; j += 8) depthwise_channels<T, 8>(row, j);
  if (j + 4 <= row.count) {
    depthwise_channels<T, 4>(row, j);
    j += 4;
  }
  if (j + 2 <= row.count) {
    depthwise_channels<T, 2>(row, j);
    j += 2;
  }
  if (j < row.count) depthwise_channels<T, 1>(row, j);
}

// Taps [first, first + Taps), channels from ch: each sum one chain over the row's pixels.
template <class T, int Taps, bool whole>
inline void depthwise_taps(const pyconv::DepthwiseKernelRow<T>& row, int64_t first, int64_t ch) {
  using V = Vec<T>;
  const typename V::Mask mask = V::tail(whole ? V::width : row.channels - ch);
  typename V::Reg acc[Taps];
  const T* source[Taps];
  PYCONV_UNROLL
  for (int u = 0; u < Taps; ++u) {
    acc[u] = V::zero();
    source[u] = row.source + row.offset[first + u] + ch;
  }
  const T* dy = row.dy + ch;
  for (int64_t j = 0; j < row.count; ++j) {
    const typename V::Reg gradient = load_channels<T, whole>(dy + j * row.dy_step, mask);
    PYCONV_UNROLL
    for (int u = 0; u < Taps; ++u) {
      acc[u] = V::fma(load_channels<T, whole>(source[u] + j * row.step, mask), gradient, acc[u]);
    }
  }
  PYCONV_UNROLL
  for (int u = 0; u < Taps; ++u) {
    T* sum = row.sums + (first + u) * row.channels + ch;
    const typename V::Reg total =
        row.assign ? acc[u] : V::add(load_channels<T, whole>(sum, mask), acc[u]);
    if constexpr (whole) {
      V::store(sum, total);
    } else {
      V::store(sum, total, mask);
    }
  }
}

template <class T, bool whole>
inline void depthwise_all_taps(const pyconv::DepthwiseKernelRow<T>& row, int64_t ch) {
  int64_t t = 0;
  for (; t + 9 <= row.taps; t += 9) depthwise_taps<T, 9, whole>(row, t, ch);
  for (; t + 3 <= row.taps; t += 3) depthwise_taps<T, 3, whole>(row, t, ch);
  for (; t < row.taps; ++t) depthwise_taps<T, 1, whole>(row, t, ch);
}

template <class T>
void depthwise_kernel_row(const pyconv::DepthwiseKernelRow<T>& given) {
  const pyconv::DepthwiseKernelRow<T> row = given;
  int64_t ch = 0;
  for (; ch + Vec<T>::width <= row.channels; ch += Vec<T>::width) {
    depthwise_all_taps<T, true>(row, ch);
  }
  if (ch < row.channels) depthwise_all_taps<T, false>(row, ch);
}

}  // namespace
