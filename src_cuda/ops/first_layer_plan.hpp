// SPDX-License-Identifier: BSD-3-Clause
// What the launchers of first layers share: which windows are theirs, and what a block stages.
#pragma once

#include "ops/conv2d_plan.hpp"
#include "ops/image_rows.cuh"

namespace pyconv {

constexpr int64_t kMostChannels = 4;
constexpr int64_t kStagedBytes = 48 << 10;  // what every device gives a block

inline bool has_few_channels(const Window& w) {
  const bool few = w.c <= kMostChannels && w.groups == 1 && w.channels_first == 0;
  // A test that chooses a block of the product means the product, which also cuts long sums.
  return few && forced_block < 0 && w.taps() * w.c <= kSliceTaps;
}

// Image rows, or columns, under `outputs` rows of windows.
inline int64_t covered(int64_t outputs, int64_t stride, int64_t taps, int64_t dilation) {
  return (outputs - 1) * stride + (taps - 1) * dilation + 1;
}

}  // namespace pyconv
