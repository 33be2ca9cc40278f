// SPDX-License-Identifier: BSD-3-Clause
#include "ops/window_blocks.hpp"

#include <algorithm>

#include "ops/tiles.hpp"

namespace pyconv {
namespace {

void append_tap(std::vector<Run>& runs, const Tap& tap, int64_t length, bool touching) {
  if (touching && !runs.empty()) {
    Run& last = runs.back();
    if (last.off_h == tap.off_h && last.off_w + last.taps == tap.off_w) {
      ++last.taps;
      return;
    }
  }
  runs.push_back({tap.off_h, tap.off_w, 1, length, 0});
}

}  // namespace

std::vector<BlockK> cut_blocks(const std::vector<Tap>& taps, int64_t length, int64_t pixel_pitch) {
  std::vector<BlockK> blocks;
  if (length > kBlockK) {
    for (size_t t = 0; t < taps.size(); ++t) {
      for (int64_t channel = 0; channel < length; channel += kBlockK) {
        const int64_t count = std::min(kBlockK, length - channel);
        blocks.push_back({int64_t(t) * length + channel,
                          count,
                          {{taps[t].off_h, taps[t].off_w, 1, count, channel}}});
      }
    }
    return blocks;
  }
  const size_t per_block = static_cast<size_t>(length > 0 ? kBlockK / length : kBlockK);
  for (size_t first = 0; first < taps.size(); first += per_block) {
    const size_t last = std::min(taps.size(), first + per_block);
    BlockK block{int64_t(first) * length, int64_t(last - first) * length, {}};
    block.runs.reserve(last - first);
    for (size_t t = first; t < last; ++t) {
      append_tap(block.runs, taps[t], length, pixel_pitch == length);
    }
    blocks.push_back(std::move(block));
  }
  return blocks;
}

std::vector<int64_t> element_offsets(const std::vector<BlockK>& blocks, int64_t row_pitch,
                                     int64_t pixel_pitch) {
  std::vector<int64_t> offsets;
  if (!blocks.empty()) {
    offsets.reserve(static_cast<size_t>(blocks.back().first + blocks.back().count));
  }
  for (const BlockK& block : blocks) {
    for (const Run& run : block.runs) {
      const int64_t start = run.off_h * row_pitch + run.off_w * pixel_pitch + run.channel;
      for (int64_t i = 0; i < run.taps * run.length; ++i) offsets.push_back(start + i);
    }
  }
  return offsets;
}

Reach reach_of(const std::vector<BlockK>& blocks) {
  Reach reach{INT64_MAX, INT64_MIN, INT64_MAX, INT64_MIN};
  for (const BlockK& block : blocks) {
    for (const Run& run : block.runs) {
      reach.top = std::min(reach.top, run.off_h);
      reach.bottom = std::max(reach.bottom, run.off_h);
      reach.left = std::min(reach.left, run.off_w);
      reach.right = std::max(reach.right, run.off_w + run.taps - 1);
    }
  }
  return reach;
}

std::vector<Tap> forward_taps(const Window& window) {
  std::vector<Tap> taps;
  taps.reserve(static_cast<size_t>(window.taps()));
  for (int64_t r = 0; r < window.kh; ++r) {
    for (int64_t s = 0; s < window.kw; ++s) {
      taps.push_back({r * window.dil_h, s * window.dil_w, r * window.kw + s});
    }
  }
  return taps;
}

}  // namespace pyconv
