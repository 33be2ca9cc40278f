// SPDX-License-Identifier: BSD-3-Clause
// Which part of a window's runs lies inside the source.
#pragma once

#include "kernels.hpp"

namespace {

// Source pixels, from the window's origin, that the runs reach.
struct WindowReach {
  int64_t top, bottom, left, right;
};

inline WindowReach reach_of(const pyconv::Run* runs, int64_t run_count) {
  WindowReach reach = {runs[0].off_h, runs[0].off_h, runs[0].off_w,
                       runs[0].off_w + runs[0].taps - 1};
  for (int64_t r = 1; r < run_count; ++r) {
    const int64_t right = runs[r].off_w + runs[r].taps - 1;
    if (runs[r].off_h < reach.top) reach.top = runs[r].off_h;
    if (runs[r].off_h > reach.bottom) reach.bottom = runs[r].off_h;
    if (runs[r].off_w < reach.left) reach.left = runs[r].off_w;
    if (right > reach.right) reach.right = right;
  }
  return reach;
}

template <class T>
inline bool lies_inside(const pyconv::Gather<T>& g, const WindowReach& reach, int64_t y,
                        int64_t x) {
  return y + reach.top >= 0 && y + reach.bottom < g.h && x + reach.left >= 0 &&
         x + reach.right < g.w;
}

// Taps of a run that lie left of the source and within it; where the latter begin in the image.
struct RunPart {
  int64_t before, inside, offset;
};

// The run of a window whose origin is at source pixel (y, x).
template <class T>
inline RunPart part_inside(const pyconv::Gather<T>& g, const pyconv::Run& run, int64_t y,
                           int64_t x) {
  const int64_t row = y + run.off_h;
  const int64_t column = x + run.off_w;
  if (row < 0 || row >= g.h) return {0, 0, 0};
  const int64_t before = column < 0 ? (-column < run.taps ? -column : run.taps) : 0;
  const int64_t beyond = column + run.taps - g.w;
  const int64_t after = beyond > 0 ? (beyond < run.taps - before ? beyond : run.taps - before) : 0;
  return {before, run.taps - before - after,
          row * g.row_pitch + (column + before) * g.pixel_pitch + run.channel};
}

}  // namespace
