// SPDX-License-Identifier: BSD-3-Clause
// What the passes of a convolution share: views of its images and filters.
#pragma once

#include <vector>

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

// The windows of channels_first images: every channel is a plane of its own, pixels one apart.
template <class T>
Gather<T> plane_windows(const Window& w, const T* x) {
  Gather<T> windows = input_windows(w, x, 0);
  windows.row_pitch = w.w;
  windows.pixel_pitch = 1;
  return windows;
}

// A window's elements in the order of the matrix: `channels` times all taps, `length` elements
// each.
inline std::vector<Run> window_runs(const Window& w, int64_t length, int64_t pixel_pitch,
                                    int64_t channels, int64_t channel_pitch) {
  std::vector<Run> runs;
  const bool touching = w.dil_w == 1 && pixel_pitch == length;
  for (int64_t channel = 0; channel < channels; ++channel) {
    for (int64_t r = 0; r < w.kh; ++r) {
      for (int64_t s = 0; s < w.kw; s += touching ? w.kw : 1) {
        runs.push_back(
            {r * w.dil_h, s * w.dil_w, touching ? w.kw : 1, length, channel * channel_pitch});
      }
    }
  }
  return runs;
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
