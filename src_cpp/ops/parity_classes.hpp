// SPDX-License-Identifier: BSD-3-Clause
// Pixels of dx with equal (y mod sh, x mod sw) meet the same taps: one class of each axis.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "geometry.hpp"
#include "ops/window_blocks.hpp"
#include "parallel.hpp"

namespace pyconv {

// A tap of one axis that reaches pixels a, a + stride, ...: output row = q + offset.
struct AxisTap {
  int64_t offset, tap;
};
using AxisClasses = std::map<int64_t, std::vector<AxisTap>>;  // a -> its taps

// The classes of one axis that some tap reaches.
inline AxisClasses axis_classes(int64_t size, int64_t stride, int64_t before, int64_t dilation,
                                int64_t taps) {
  AxisClasses classes;
  for (int64_t t = taps - 1; t >= 0; --t) {
    const int64_t origin = t * dilation - before;
    const int64_t a = (origin % stride + stride) % stride;
    if (a < size) classes[a].push_back({(a - origin) / stride, t});
  }
  return classes;
}

inline AxisClasses row_classes(const Window& w) {
  return axis_classes(w.h, w.sh, w.top, w.dil_h, w.kh);
}
inline AxisClasses column_classes(const Window& w) {
  return axis_classes(w.w, w.sw, w.left, w.dil_w, w.kw);
}

inline bool reach_every_pixel(const Window& w, const AxisClasses& rows,
                              const AxisClasses& columns) {
  return int64_t(rows.size()) == std::min(w.sh, w.h) &&
         int64_t(columns.size()) == std::min(w.sw, w.w);
}

inline std::vector<Tap> crossed(const std::vector<AxisTap>& vertical,
                                const std::vector<AxisTap>& horizontal, int64_t kw) {
  std::vector<Tap> taps;
  for (const AxisTap& v : vertical) {
    for (const AxisTap& u : horizontal) taps.push_back({v.offset, u.offset, v.tap * kw + u.tap});
  }
  return taps;
}

template <class T>
void fill_zero(T* to, int64_t rows, int64_t row) {
  parallel_for(rows, rows * row * int64_t(sizeof(T)),
               [&](int64_t line) { std::fill_n(to + line * row, row, T(0)); });
}

}  // namespace pyconv
