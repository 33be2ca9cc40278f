// SPDX-License-Identifier: BSD-3-Clause
// How the pixels and the filters of a point product are shared out in tasks.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/tiles.hpp"

namespace pyconv {

// Pixels of a task, at most.
constexpr int64_t kPointPixels = 98;

// Some neighbouring pixels of some neighbouring panels.
struct PointTask {
  int64_t first_pixel, last_pixel;
  int64_t first_panel, last_panel;
};

// Threads begin with neighbouring tasks: each with filters of its own where these are more than the
// pixels, else with pixels of its own.
struct PointShares {
  // Tasks to aim for, by fewer panels each; and by fewer pixels, too.
  static constexpr int64_t kTasks = 32;
  static constexpr int64_t kLeastTasks = 4;

  int64_t pixels, tiles, panels;
  int64_t blocks, groups, per_task;
  bool by_filters;

  // Tiles are `height` pixels high, at most.
  PointShares(int64_t pixels_of_all, int64_t height, int64_t panels_of_all, bool filters_first)
      : pixels(pixels_of_all),
        tiles(ceil_div(pixels, height)),
        panels(panels_of_all),
        by_filters(filters_first) {
    const int64_t least = std::min(ceil_div(tiles, 2), ceil_div(kLeastTasks, panels));
    blocks = std::max(least, ceil_div(tiles, kPointPixels / height));
    per_task = ceil_div(panels, std::min(panels, ceil_div(kTasks, blocks)));
    groups = ceil_div(panels, per_task);
  }

  int64_t tasks() const { return blocks * groups; }
  PointTask task(int64_t number) const {
    const int64_t block = by_filters ? number % blocks : number / groups;
    const int64_t panel = group_of(number) * per_task;
    return {first_pixel(tiles * block / blocks), first_pixel(tiles * (block + 1) / blocks), panel,
            std::min(panels, panel + per_task)};
  }
  // The panel that a thread is likely to read after those of a task.
  int64_t panel_after(int64_t number) const { return (group_of(number) + 1) % groups * per_task; }

 private:
  int64_t group_of(int64_t number) const { return by_filters ? number / blocks : number % groups; }
  // Pixels are split evenly over tiles, of which a block has a whole number.
  int64_t first_pixel(int64_t tile) const { return pixels * tile / tiles; }
};

}  // namespace pyconv
