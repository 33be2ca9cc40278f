// SPDX-License-Identifier: BSD-3-Clause
// Cuts the K axis of a window product (taps x channels) into the fixed blocks that sums run in.
#pragma once

#include <cstdint>
#include <vector>

#include "geometry.hpp"
#include "kernels.hpp"

namespace pyconv {

// One tap of a window: where it reads, and which row block of the filter it meets.
struct Tap {
  int64_t off_h, off_w;  // source pixels from the window's origin
  int64_t index;         // r * kw + s
};

// A block of K: at most 256 elements, whole taps where a tap has no more than that.
struct BlockK {
  int64_t first, count;  // elements of K
  std::vector<Run> runs;
};

// `length` elements per tap, of `pixel_pitch` elements between source pixels; taps that touch in
// memory are read as one run.
std::vector<BlockK> cut_blocks(const std::vector<Tap>& taps, int64_t length, int64_t pixel_pitch);

// Where the elements of a window lie in the source, counted from its origin, in the order of K.
std::vector<int64_t> element_offsets(const std::vector<BlockK>& blocks, int64_t row_pitch,
                                     int64_t pixel_pitch);

// Source pixels, from a window's origin, that its taps reach.
struct Reach {
  int64_t top, bottom, left, right;
};
Reach reach_of(const std::vector<BlockK>& blocks);

// The taps of a forward window, in (kh, kw) order.
std::vector<Tap> forward_taps(const Window& window);

}  // namespace pyconv
