// SPDX-License-Identifier: BSD-3-Clause
// What the passes of a convolution share: views of its images and filters.
#pragma once

#include "geometry.hpp"
#include "kernels.hpp"
#include "ops/panels.hpp"

namespace pyconv {

// Windows over channels_last images x, starting at the first channel of a group.
template <class T>
Gather<T> input_windows(const Window& w, const T* x, int64_t group) {
  return Gather<T>{x + group * w.group_inputs(),
                   w.h,
                   w.w,
                   w.h * w.w * w.c,
                   w.w * w.c,
                   w.c,
                   w.oh,
                   w.ow,
                   w.sh,
                   w.sw,
                   -w.top,
                   -w.left};
}

// The filters of one group as a (kh * kw * c / groups, f / groups) matrix.
template <class T>
Matrix<T> group_kernel(const Window& w, const T* kernel, int64_t group) {
  return Matrix<T>{kernel + group * w.group_filters(), w.f, false};
}

inline int64_t window_elements(const Window& w) { return w.taps() * w.group_inputs(); }

// Rows of the explicit im2col matrix that are made at a time: at most 64 MB.
template <class T>
int64_t im2col_block_rows(const Window& w) {
  const int64_t rows = (int64_t(64) << 20) / (window_elements(w) * int64_t(sizeof(T)));
  return rows < 1 ? 1 : (rows < w.output_pixels() ? rows : w.output_pixels());
}

}  // namespace pyconv
