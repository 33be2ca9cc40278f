// SPDX-License-Identifier: BSD-3-Clause
// Gradients of filters whose channels stay apart: sums over the pixels of a row.
#pragma once

#include "kernels.hpp"
#include "micro/depthwise.hpp"

namespace {

template <class T, bool whole>
[[gnu::always_inline]] inline void end_sum(T* sum, typename Vec<T>::Reg part, bool assign,
                                           typename Vec<T>::Mask mask) {
  using V = Vec<T>;
  const typename V::Reg total = assign ? part : V::add(load_channels<T, whole>(sum, mask), part);
  if constexpr (whole) {
    V::store(sum, total);
  } else {
    V::store(sum, total, mask);
  }
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
    end_sum<T, whole>(sum, acc[u], row.assign, mask);
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

// All nine taps at once, channels from ch: pixels that the next window meets again stay in
// registers.
template <class T, int Step, bool whole>
inline void depthwise_nine_taps(const pyconv::DepthwiseKernelWindows<T>& row, int64_t ch) {
  using V = Vec<T>;
  constexpr int kept = 3 - Step;
  const typename V::Mask mask = V::tail(whole ? V::width : row.channels - ch);
  typename V::Reg acc[3][3], pixel[3][3];
  const T* from[3];
  const auto load = [&](int64_t x, int s) {
    const bool met = x >= 0 && x < row.w;
    PYCONV_UNROLL
    for (int r = 0; r < 3; ++r) {
      pixel[r][s] = met ? load_channels<T, whole>(from[r] + x * row.channels, mask) : V::zero();
    }
  };
  PYCONV_UNROLL
  for (int r = 0; r < 3; ++r) {
    from[r] = row.rows[r] + ch;
    PYCONV_UNROLL
    for (int s = 0; s < 3; ++s) acc[r][s] = V::zero();
  }
  PYCONV_UNROLL
  for (int s = 0; s < kept; ++s) load(row.origin + s, s + Step);
  const T* dy = row.dy + ch;
  int64_t x = row.origin;
  for (int64_t j = 0; j < row.count; ++j, x += Step, dy += row.channels) {
    PYCONV_UNROLL
    for (int r = 0; r < 3; ++r) {
      PYCONV_UNROLL
      for (int s = 0; s < kept; ++s) pixel[r][s] = pixel[r][s + Step];
    }
    PYCONV_UNROLL
    for (int s = kept; s < 3; ++s) load(x + s, s);
    const typename V::Reg gradient = load_channels<T, whole>(dy, mask);
    PYCONV_UNROLL
    for (int r = 0; r < 3; ++r) {
      PYCONV_UNROLL
      for (int s = 0; s < 3; ++s) acc[r][s] = V::fma(pixel[r][s], gradient, acc[r][s]);
    }
  }
  PYCONV_UNROLL
  for (int t = 0; t < 9; ++t) {
    end_sum<T, whole>(row.sums + t * row.channels + ch, acc[t / 3][t % 3], row.assign, mask);
  }
}

template <class T, int Step>
inline void depthwise_kernel_steps(const pyconv::DepthwiseKernelWindows<T>& row) {
  int64_t ch = 0;
  for (; ch + Vec<T>::width <= row.channels; ch += Vec<T>::width) {
    depthwise_nine_taps<T, Step, true>(row, ch);
  }
  if (ch < row.channels) depthwise_nine_taps<T, Step, false>(row, ch);
}

template <class T>
void depthwise_kernel_windows(const pyconv::DepthwiseKernelWindows<T>& given) {
  const pyconv::DepthwiseKernelWindows<T> row = given;
  if (row.step == 1) return depthwise_kernel_steps<T, 1>(row);
  depthwise_kernel_steps<T, 2>(row);
}

}  // namespace
