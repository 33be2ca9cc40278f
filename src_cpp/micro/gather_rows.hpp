// SPDX-License-Identifier: BSD-3-Clause
// Gathers windows into rows: the moving half of im2col, for whole matrices and for blocks of one.
#pragma once

#include "kernels.hpp"
#include "micro/move.hpp"
#include "micro/window_runs.hpp"

namespace {

// Copies one run of a window whose origin is at source pixel (y, x).
template <class T>
inline T* gather_run(const pyconv::Gather<T>& g, const T* image, const pyconv::Run& run, int64_t y,
                     int64_t x, T* to) {
  const RunPart part = part_inside(g, run, y, x);
  if (part.inside == 0) return zero_elements(to, run.taps * run.length);
  if (part.before) to = zero_elements(to, part.before * run.length);
  to = copy_elements(to, image + part.offset, part.inside * run.length);
  const int64_t after = run.taps - part.before - part.inside;
  return after ? zero_elements(to, after * run.length) : to;
}

// A window that lies inside the source needs no clipping. Where `roomy`, a vector beyond the end of
// each run may be read, and one beyond the row written.
template <class T, bool roomy>
inline void gather_inside(const pyconv::Gather<T>& g, const T* origin, const pyconv::Run* runs,
                          int64_t run_count, T* to) {
  for (int64_t r = 0; r < run_count; ++r) {
    const pyconv::Run& run = runs[r];
    const T* from = origin + run.off_h * g.row_pitch + run.off_w * g.pixel_pitch + run.channel;
    if constexpr (roomy) {
      to = copy_beyond(to, from, run.taps * run.length);
    } else {
      to = copy_elements(to, from, run.taps * run.length);
    }
  }
}

template <class T>
void gather_rows(const pyconv::Gather<T>& g, const pyconv::Run* runs, int64_t run_count,
                 int64_t first, int64_t count, T* rows, int64_t ld) {
  const WindowReach reach = reach_of(runs, run_count);
  // A vector beyond a run ends this many rows of the source, or rows of the result, further on.
  const int64_t source_rows = (Vec<T>::width + g.row_pitch - 1) / g.row_pitch;
  const int64_t result_rows = (Vec<T>::width + ld - 1) / ld;
  int64_t j = first % g.grid_w;
  int64_t i = (first / g.grid_w) % g.grid_h;
  const T* image = g.source + first / (g.grid_w * g.grid_h) * g.image_pitch;
  for (int64_t p = 0; p < count; ++p) {
    const int64_t y = i * g.step_h + g.off_h;
    const int64_t x = j * g.step_w + g.off_w;
    T* to = rows + p * ld;
    if (lies_inside(g, reach, y, x)) {
      const T* origin = image + y * g.row_pitch + x * g.pixel_pitch;
      if (y + reach.bottom + source_rows < g.h && p + result_rows < count) {
        gather_inside<T, true>(g, origin, runs, run_count, to);
      } else {
        gather_inside<T, false>(g, origin, runs, run_count, to);
      }
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
