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

// Runs of one length, at most two vectors, from a window's origin.
template <class T>
struct ShortRuns {
  static constexpr int64_t kMost = 64;
  int64_t offset[kMost];
  int64_t count = 0;  // 0 where the runs are others
  int64_t length = 0;

  ShortRuns(const pyconv::Gather<T>& g, const pyconv::Run* runs, int64_t run_count) {
    length = runs[0].taps * runs[0].length;
    if (run_count > kMost || length > 2 * Vec<T>::width) return;
    for (int64_t r = 0; r < run_count; ++r) {
      if (runs[r].taps * runs[r].length != length) return;
      offset[r] = runs[r].off_h * g.row_pitch + runs[r].off_w * g.pixel_pitch + runs[r].channel;
    }
    count = run_count;
  }

  // Rows of windows that lie `step` elements apart, the first at `origin`.
  void copy_windows(const T* origin, int64_t step, T* to, int64_t ld, int64_t windows) const {
    constexpr int64_t width = Vec<T>::width;
    if (2 * length <= width) {
      copy_runs<width / 2>(origin, step, to, ld, windows);
    } else if (length <= width) {
      copy_runs<width>(origin, step, to, ld, windows);
    } else {
      copy_runs<2 * width>(origin, step, to, ld, windows);
    }
  }

 private:
  // Each run in one copy of constant size: fewer of them cross a cache line where they are small.
  template <int64_t elements>
  void copy_runs(const T* origin, int64_t step, T* rows, int64_t ld, int64_t windows) const {
    for (int64_t p = 0; p < windows; ++p, origin += step, rows += ld) {
      T* to = rows;
      for (int64_t r = 0; r < count; ++r, to += length) {
        const T* from = origin + offset[r];
        if constexpr (elements < Vec<T>::width) {
          __builtin_memcpy(to, from, elements * sizeof(T));
        } else {
          copy_beyond(to, from, elements);
        }
      }
    }
  }
};

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
  // Two vectors beyond a run end this many rows of the source, or rows of the result, further on.
  const ShortRuns<T> short_runs(g, runs, run_count);
  const int64_t source_rows = (2 * Vec<T>::width + g.row_pitch - 1) / g.row_pitch;
  const int64_t result_rows = (2 * Vec<T>::width + ld - 1) / ld;
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
        if (short_runs.count == 0) {
          gather_inside<T, true>(g, origin, runs, run_count, to);
        } else {
          // The windows beside it that are as roomy.
          int64_t more = count - result_rows - p - 1;
          if (g.grid_w - j - 1 < more) more = g.grid_w - j - 1;
          const int64_t right = (g.w - 1 - reach.right - x) / g.step_w;
          if (right < more) more = right;
          short_runs.copy_windows(origin, g.step_w * g.pixel_pitch, to, ld, more + 1);
          p += more;
          j += more;
        }
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
