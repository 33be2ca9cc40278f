// SPDX-License-Identifier: BSD-3-Clause
// What a pooling and its gradient both know of their windows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "geometry.hpp"

namespace pyconv {

inline bool byte_offsets(const Window& w) { return w.taps() <= 256; }

inline const void* offsets_at(const void* argmax, const Window& w, int64_t element) {
  return static_cast<const char*>(argmax) + element * (byte_offsets(w) ? 1 : 4);
}

inline int64_t offset_at(const void* argmax, const Window& w, int64_t element) {
  return byte_offsets(w) ? static_cast<const uint8_t*>(argmax)[element]
                         : static_cast<const int32_t*>(argmax)[element];
}

// Are the pixels of a channel contiguous?
inline bool by_planes(const Window& w) { return w.channels_first || w.c == 1; }

// Lanes of T count a window's positions; beyond this many not every count is exact.
template <class T>
bool countable(const Window& w) {
  return w.taps() <= int64_t(1) << std::numeric_limits<T>::digits;
}

// One channel of one image, in either layout.
struct Channel {
  Channel(const Window& w, int64_t number)
      : step(by_planes(w) ? 1 : w.c),
        input(by_planes(w) ? number * w.h * w.w : number / w.c * w.h * w.w * w.c + number % w.c),
        output(by_planes(w) ? number * w.oh * w.ow
                            : number / w.c * w.oh * w.ow * w.c + number % w.c) {}
  int64_t step;           // elements between pixels
  int64_t input, output;  // the first pixels
};

// About what one task reads or writes.
constexpr int64_t kPoolTaskBytes = int64_t(64) << 10;

// Pixels that windows hold in all, between two looks at whether to go on.
constexpr int64_t kStretchPixels = int64_t(1) << 22;

// How far an average counts: the image's sides, or those of the padding.
struct Counted {
  Counted(const Window& w, bool pad)
      : top(pad ? -w.top : 0),
        bottom(pad ? w.h + w.bottom : w.h),
        left(pad ? -w.left : 0),
        right(pad ? w.w + w.right : w.w) {}
  // Rows of the window whose first row is `origin`.
  int64_t rows(int64_t origin, const Window& w) const {
    return std::min(origin + w.kh, bottom) - std::max(origin, top);
  }
  int64_t top, bottom, left, right;
};

}  // namespace pyconv
