// SPDX-License-Identifier: BSD-3-Clause
#include "ops/pool2d.hpp"

#include <algorithm>
#include <cmath>

#include "dispatch.hpp"
#include "ops/pool_windows.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

template <class T>
void pool_rows(PoolRowOf<T> pool, const T* x, T* y, void* argmax, const Window& w,
               const Counted& counted) {
  const bool planes = by_planes(w);
  const int64_t c = planes ? 1 : w.c;
  const int64_t images = planes ? w.n * w.c : w.n;
  const int64_t rows = images * w.oh;
  const int64_t row_bytes = w.sh * w.w * c * int64_t(sizeof(T));
  const int64_t per_task = std::max<int64_t>(1, kPoolTaskBytes / row_bytes);
  const int64_t least = planes ? 16 : 1;  // in planes windows are lanes
  const int64_t stretch = std::max(least, kStretchPixels / (w.taps() * c));
  parallel_for(ceil_div(rows, per_task), rows * row_bytes, [&](int64_t task) {
    const int64_t last = std::min(rows, (task + 1) * per_task);
    for (int64_t row = task * per_task; row < last; ++row) {
      const int64_t origin = row % w.oh * w.sh - w.top;
      for (int64_t j = 0; j < w.ow; j += stretch) {
        if (j > 0) keep_going();
        const int64_t at = (row * w.ow + j) * c;
        pool(PoolRow<T>{x + row / w.oh * w.h * w.w * c, y + at,
                        argmax ? const_cast<void*>(offsets_at(argmax, w, at)) : nullptr,
                        byte_offsets(w), w.h, w.w, c, w.w * c, c, w.kh, w.kw, w.sw,
                        w.left - j * w.sw, origin, std::min(stretch, w.ow - j),
                        counted.rows(origin, w), counted.left, counted.right});
      }
    }
  });
}

// One window of more positions than lanes can count.
template <class T>
void pool_wide_window(PoolKind kind, const T* x, T* y, int32_t* argmax, const Window& w,
                      const Channel& channel, int64_t i, int64_t j) {
  const int64_t top = i * w.sh - w.top;
  const int64_t left = j * w.sw - w.left;
  int64_t where = -1;
  T best = T(0);
  for (int64_t r = std::max<int64_t>(0, -top); r < std::min(w.kh, w.h - top); ++r) {
    for (int64_t s = std::max<int64_t>(0, -left); s < std::min(w.kw, w.w - left); ++s) {
      const T value = x[channel.input + ((top + r) * w.w + left + s) * channel.step];
      const bool better = kind == PoolKind::kMax ? value > best : value < best;
      if (where < 0 || better || (std::isnan(value) && !std::isnan(best))) {
        best = value;
        where = r * w.kw + s;
      }
    }
  }
  const int64_t at = channel.output + (i * w.ow + j) * channel.step;
  y[at] = best;
  if (argmax) argmax[at] = static_cast<int32_t>(where);
}

}  // namespace

template <class T>
void best_pool2d(PoolKind kind, const T* x, T* y, void* argmax, const Window& window) {
  if (window.output_pixels() * window.c == 0) return;
  if (countable<T>(window)) {
    const KernelTable<T>& table = kernel_table_of<T>();
    const auto& row = argmax ? table.pool_row_with_offsets : table.pool_row;
    const auto& plane_row = argmax ? table.pool_plane_row_with_offsets : table.pool_plane_row;
    const auto pool = (by_planes(window) ? plane_row : row)[static_cast<int>(kind)];
    return pool_rows<T>(pool, x, y, argmax, window, Counted(window, false));
  }
  const int64_t channels = window.n * window.c;
  parallel_for(channels * window.oh, window.input_pixels() * window.c * int64_t(sizeof(T)),
               [&](int64_t task) {
                 const Channel channel(window, task / window.oh);
                 for (int64_t j = 0; j < window.ow; ++j) {
                   pool_wide_window(kind, x, y, static_cast<int32_t*>(argmax), window, channel,
                                    task % window.oh, j);
                 }
               });
}

template <class T>
void avg_pool2d(const T* x, T* y, const Window& window, bool count_include_pad) {
  if (window.output_pixels() * window.c == 0) return;
  const KernelTable<T>& table = kernel_table_of<T>();
  pool_rows<T>(by_planes(window) ? table.average_plane_row : table.average_row, x, y, nullptr,
               window, Counted(window, count_include_pad));
}

template void best_pool2d(PoolKind, const float*, float*, void*, const Window&);
template void best_pool2d(PoolKind, const double*, double*, void*, const Window&);
template void avg_pool2d(const float*, float*, const Window&, bool);
template void avg_pool2d(const double*, double*, const Window&, bool);

}  // namespace pyconv
