// SPDX-License-Identifier: BSD-3-Clause
// Gathers windows into rows: the moving half of im2col, for whole matrices and for blocks of one.
#pragma once

#include "kernels.hpp"
#include "micro/move.hpp"

namespace {

// One run of a window whose origin is at source pixel (y, x).
template <class T>
inline T* gather_run(const pyconv::Gather<T>& g, const T* image, const pyconv::Run& run, int64_t y,
                     int64_t x, T* to) {
  const int64_t row = y + run.off_h;
  const int64_t column = x + run.off_w;
  if (row < 0 || row >= g.h) return zero_elements(to, run.taps * run.length);
  const int64_t before = column < 0 ? (-column < run.taps ? -column : run.taps) : 0;
  const int64_t beyond = column + run.taps - g.w;
  const int64_t after = beyond > 0 ? (beyond < run.taps - before ? beyond : run.taps - before) : 0;
  const int64_t inside = run.taps - before - after;
  if (before) to = zero_elements(to, before * run.length);
  if (inside) {
    to = copy_elements(to,
                       image + row * g.row_pitch + (column + before) * g.pixel_pitch + run.channel,
                       inside * run.length);
  }
  if (after) to = zero_elements(to, after * run.length);
  return to;
}

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

// A window that lies inside the source needs no clipping.
template <class T>
inline void gather_inside(const pyconv::Gather<T>& g, const T* origin, const pyconv::Run* runs,
                          int64_t run_count, T* to) {
  for (int64_t r = 0; r < run_count; ++r) {
    const pyconv::Run& run = runs[r];
    const T* from = origin + run.off_h * g.row_pitch + run.off_w * g.pixel_pitch + run.channel;
    to = copy_elements(to, from, run.taps * run.length);
  }
}

template <class T>
void gather_rows(const pyconv::Gather<T>& g, const pyconv::Run* runs, int64_t run_count,
                 int64_t first, int64_t count, T* rows, int64_t ld) {
  const WindowReach reach = reach_of(runs, run_count);
  int64_t j = first % g.grid_w;
  int64_t i = (first / g.grid_w) % g.grid_h;
  const T* image = g.source + first / (g.grid_w * g.grid_h) * g.image_pitch;
  for (int64_t p = 0; p < count; ++p) {
    const int64_t y = i * g.step_h + g.off_h;
    const int64_t x = j * g.step_w + g.off_w;
    T* to = rows + p * ld;
    if (y + reach.top >= 0 && y + reach.bottom < g.h && x + reach.left >= 0 &&
        x + reach.right < g.w) {
      gather_inside(g, image + y * g.row_pitch + x * g.pixel_pitch, runs, run_count, to);
    } else {
      for (int64_t r = 0; r < run_count; ++r) to = gather_run(g, image, runs[r], y, x, to);
    }
    if (++j == g.grid_w) {
      j = 0;
      if (++i == g.grid_h) {
        i = 0;
        image += g.image_pitch;
      }
    }
  }
}

}  // namespace
