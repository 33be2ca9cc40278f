// SPDX-License-Identifier: BSD-3-Clause
// Adds rows of windows back to the pixels they were copied from: the adding half of col2im.
#pragma once

#include "kernels.hpp"
#include "micro/move.hpp"
#include "micro/window_runs.hpp"

namespace {

// Adds one row to the window whose origin is at pixel (y, x).
template <class T>
inline void scatter_window(const pyconv::Gather<T>& g, const pyconv::Run* runs, int64_t run_count,
                           int64_t y, int64_t x, const T* from, T* image) {
  for (int64_t r = 0; r < run_count; ++r) {
    const RunPart part = part_inside(g, runs[r], y, x);
    const int64_t length = runs[r].length;
    add_elements(image + part.offset, from + part.before * length, part.inside * length);
    from += runs[r].taps * length;
  }
}

template <class T>
void scatter_rows(const pyconv::Gather<T>& g, const pyconv::Run* runs, int64_t run_count,
                  int64_t first, int64_t count, const T* rows, int64_t ld, T* target) {
  const WindowReach reach = reach_of(runs, run_count);
  int64_t j = first % g.grid_w;
  int64_t i = (first / g.grid_w) % g.grid_h;
  T* image = target + first / (g.grid_w * g.grid_h) * g.image_pitch;
  for (int64_t p = 0; p < count; ++p) {
    const int64_t y = i * g.step_h + g.off_h;
    const int64_t x = j * g.step_w + g.off_w;
    const T* from = rows + p * ld;
    if (lies_inside(g, reach, y, x)) {
      T* origin = image + y * g.row_pitch + x * g.pixel_pitch;
      for (int64_t r = 0; r < run_count; ++r) {
        const pyconv::Run& run = runs[r];
        const int64_t length = run.taps * run.length;
        add_elements(origin + run.off_h * g.row_pitch + run.off_w * g.pixel_pitch + run.channel,
                     from, length);
        from += length;
      }
    } else {
      scatter_window(g, runs, run_count, y, x, from, image);
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

template <class T>
void add_terms(T* to, int64_t count, const T* from, int64_t pitch, int64_t terms) {
  using V = Vec<T>;
  int64_t i = 0;
  for (; i + V::width <= count; i += V::width) {
    typename V::Reg sum = V::load(to + i);
    for (int64_t t = 0; t < terms; ++t) sum = V::add(sum, V::load(from + t * pitch + i));
    V::store(to + i, sum);
  }
  if (i < count) {
    const typename V::Mask mask = V::tail(count - i);
    typename V::Reg sum = V::load(to + i, mask);
    for (int64_t t = 0; t < terms; ++t) sum = V::add(sum, V::load(from + t * pitch + i, mask));
    V::store(to + i, sum, mask);
  }
}

}  // namespace
