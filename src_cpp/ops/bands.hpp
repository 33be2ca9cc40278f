// SPDX-License-Identifier: BSD-3-Clause
// Bands of an image's output rows, convolved by themselves.
#pragma once

#include <algorithm>
#include <cstdint>

#include "geometry.hpp"

namespace pyconv {

// Leaves a window its output rows [first, last) and the image rows that these read, of which the
// first is returned; every window meets some.
inline int64_t cut_rows(Window& w, int64_t first, int64_t last) {
  const int64_t begin = first * w.sh - w.top;
  const int64_t end = (last - 1) * w.sh - w.top + (w.kh - 1) * w.dil_h + 1;
  const int64_t from = std::max<int64_t>(0, begin), to = std::min(w.h, end);
  w.top = from - begin;
  w.bottom = end - to;
  w.h = to - from;
  w.oh = last - first;
  return from;
}

}  // namespace pyconv
