// SPDX-License-Identifier: BSD-3-Clause
// Parts the pixels of a window product by which taps find a pixel there: taps that meet padding
// alone need not be multiplied.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels.hpp"
#include "ops/window_blocks.hpp"

namespace pyconv {

// Neighbouring lines of the grid whose taps lie inside the source where low <= offset <= high.
struct LinePart {
  int64_t first, last;
  int64_t low, high;

  int64_t lines() const { return last - first; }
};

// A rectangle of the grid, of every image.
struct Region {
  LinePart rows, columns;
  bool whole;  // every tap lies inside

  int64_t pixels() const { return rows.lines() * columns.lines(); }
};

// Pixel `number` of a region, counted image by image, row by row.
struct RegionPixel {
  int64_t image, i, j;

  RegionPixel(const Region& region, int64_t number)
      : image(number / region.pixels()),
        i(region.rows.first + number / region.columns.lines() % region.rows.lines()),
        j(region.columns.first + number % region.columns.lines()) {}

  void advance(const Region& region) {
    if (++j < region.columns.last) return;
    j = region.columns.first;
    if (++i < region.rows.last) return;
    i = region.rows.first;
    ++image;
  }
};

// Lines 0 .. lines - 1, of which line i has its origin at i * step + offset of `size` pixels.
std::vector<LinePart> line_parts(int64_t lines, int64_t step, int64_t offset, int64_t size,
                                 std::vector<int64_t> taps);

// The elements of a block, counted from its first, whose taps lie inside in a region.
void append_stretches(const BlockK& block, const Region& region, std::vector<Stretch>& stretches);

}  // namespace pyconv
