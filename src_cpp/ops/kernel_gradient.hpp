// SPDX-License-Identifier: BSD-3-Clause
// dkernel[r, s, c, f] = sum over pixels of x[pixel + tap, c] * dy[pixel, f] of one group, in blocks
// of pixels. Blocks are shared out to a number of partial sums that depends on the shape alone; the
// partial sums are added left to right.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dispatch.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/layout.hpp"
#include "ops/pad_images.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {

// Pixels of a block, at most.
constexpr int64_t kPixelBlock = 256;

template <class T>
struct KernelGradient {
  const KernelTable<T>& table;
  const Window& w;
  const T* x;   // padded channels_last images, at the first channel of the group
  const T* dy;  // in the layout of the window, at the first filter of the group
  T* dkernel;   // at the first filter of the group; the first part's sums
  int64_t parts;
  T* partial;  // (parts - 1, K, f / groups)
  int64_t cols;
  int64_t block_pixels;

  // Sums of one part, from a row of K on.
  struct Sums {
    T* data;
    int64_t pitch;
  };
  Sums sums_of(int64_t part, int64_t row) const {
    if (part == 0) return {dkernel + row * w.f, w.f};
    return {partial + ((part - 1) * window_elements(w) + row) * cols, cols};
  }

  // The gradients of some pixels for some filters, pixel by pixel.
  struct Rows {
    const T* data;
    int64_t pitch;
  };
  // In `copy`, which takes whole vectors, or where they are if that is null; of channels_first
  // images they are always copied.
  Rows gradients(int64_t pixel, int64_t count, int64_t column, int64_t filters, T* copy) const {
    if (!copy) return {dy + pixel * w.f + column, w.f};
    const int64_t pitch = ceil_div(filters, table.width) * table.width;
    if (w.channels_first) {
      copy_pixels(dy, w.oh * w.ow, w.f, pixel, count, column, filters, copy, pitch);
    } else {
      table.copy_rows(dy + pixel * w.f + column, w.f, copy, pitch, count, filters);
    }
    return {copy, pitch};
  }
  void next_group() {
    x += w.group_inputs();
    dy += cols * (w.channels_first ? w.oh * w.ow : 1);
    dkernel += cols;
  }

  int64_t pixel_blocks() const { return ceil_div(w.output_pixels(), block_pixels); }
  // The first pixel block of a part.
  int64_t first_block(int64_t part) const { return pixel_blocks() * part / parts; }
  int64_t first_pixel(int64_t block) const { return block * block_pixels; }
  int64_t pixels_of(int64_t block) const {
    return std::min(block_pixels, w.output_pixels() - first_pixel(block));
  }

  // Where the windows of `count` pixels begin.
  void find_origins(int64_t pixel, int64_t count, int64_t* origins) const {
    each_span(pixel, count, [&](const Span& span) {
      for (int64_t p = 0; p < span.count; ++p) *origins++ = span.offset + p * w.sw * w.c;
    });
  }

  // Calls body for the pixels of each row: where the first window begins, and how many there are.
  // Divisions take longer than the sums of a small window, so only the first pixel pays for them.
  template <class Body>
  void each_span(int64_t pixel, int64_t count, Body&& body) const {
    int64_t j = pixel % w.ow;
    int64_t i = pixel / w.ow % w.oh;
    int64_t image = pixel / (w.ow * w.oh);
    while (count > 0) {
      const int64_t some = std::min(count, w.ow - j);
      body(Span{((image * padded_height(w) + i * w.sh) * padded_width(w) + j * w.sw) * w.c, some});
      count -= some;
      j = 0;
      if (++i == w.oh) {
        i = 0;
        ++image;
      }
    }
  }

  // Adds the other parts to the first.
  void reduce() const {
    if (parts == 1) return;
    const int64_t k = window_elements(w);
    parallel_for(k, parts * k * cols * int64_t(sizeof(T)), [&](int64_t row) {
      table.add_terms(sums_of(0, row).data, cols, sums_of(1, row).data, k * cols, parts - 1);
    });
  }
};

}  // namespace pyconv
