// SPDX-License-Identifier: BSD-3-Clause
// The gradient of filters whose windows are made of short runs: tiles that find each element of a
// window, or, of one-channel images, pixels that slide past the taps of a row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "arena.hpp"
#include "ops/kernel_gradient.hpp"
#include "ops/window_blocks.hpp"

namespace pyconv {

// Windows of short runs: their elements are found one by one.
template <class T>
struct IndexedGradient {
  const KernelGradient<T>& g;
  std::vector<int64_t> index;  // of a window's elements, from its origin
  int64_t width;

  // The pixel blocks of one part times one block of K: the tile's rows are elements of the
  // window, its sum runs over pixels.
  void run(int64_t part, const BlockK& block) const {
    Scratch<T> copy(g.w.channels_first ? kPixelBlock * width : 0);
    const T* rows[kBlockK];
    T* out[kBlockK];
    const auto sums = g.sums_of(part, block.first);
    for (int64_t r = 0; r < block.count; ++r) {
      rows[r] = g.x + index[static_cast<size_t>(block.first + r)];
      out[r] = sums.data + r * sums.pitch;
    }
    for (int64_t b = g.first_block(part); b < g.first_block(part + 1); ++b) {
      const int64_t pixel = g.first_pixel(b);
      const Stretch all{0, g.pixels_of(b)};
      TileEnd<T> end = plain_end<T>();
      end.accumulate = b > g.first_block(part);
      keep_going();
      int64_t origins[kPixelBlock];
      g.find_origins(pixel, all.count, origins);
      for (int64_t column = 0; column < g.cols; column += width) {
        const int64_t cols = std::min(width, g.cols - column);
        const auto dy = g.gradients(pixel, all.count, column, cols, copy.data());
        multiply_indexed(g.table, block.count, &all, 1, rows, origins, dy.data, dy.pitch, out,
                         column, cols, end);
      }
    }
  }
};

// Windows of three or five neighbouring taps a row on one-channel images.
template <class T>
struct SlidingGradient {
  const KernelGradient<T>& g;

  // Tiles of many vectors of filters read as little.
  bool serves() const {
    const Window& w = g.w;
    return w.c == 1 && (w.kw == 3 || w.kw == 5) && w.kw <= g.table.slide_taps &&
           g.cols <= 2 * g.table.width && w.sw == 1 && w.dil_w == 1;
  }

  void run(int64_t part) const {
    const int64_t width = g.table.width;
    const auto sums = g.sums_of(part, 0);
    Scratch<T> copy(g.w.channels_first ? kPixelBlock * width : 0);
    for (int64_t b = g.first_block(part); b < g.first_block(part + 1); ++b) {
      Span spans[kPixelBlock];
      int64_t count = 0;
      const int64_t pixel = g.first_pixel(b), pixels = g.pixels_of(b);
      g.each_span(pixel, pixels, [&](const Span& span) { spans[count++] = span; });
      keep_going();
      for (int64_t column = 0; column < g.cols; column += width) {
        const int64_t cols = std::min(width, g.cols - column);
        const auto dy = g.gradients(pixel, pixels, column, cols, copy.data());
        g.table.slide_gradient({spans, count, g.x, padded_width(g.w) * g.w.dil_h, g.w.kh, g.w.kw,
                                dy.data, dy.pitch, cols, sums.data + column, sums.pitch,
                                b > g.first_block(part)});
      }
    }
  }
};

}  // namespace pyconv
