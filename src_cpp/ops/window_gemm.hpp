// SPDX-License-Identifier: BSD-3-Clause
// The implicit matrix product behind the direct convolution: rows are windows, gathered block by
// block and never written out whole; columns are filters.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/panels.hpp"
#include "ops/tiles.hpp"
#include "ops/window_blocks.hpp"

namespace pyconv {

// Where the results go: pixel (image, i, j) at data + image * image_pitch + i * row_pitch + j *
// pixel_pitch.
template <class T>
struct PixelGrid {
  T* data;
  int64_t image_pitch, row_pitch, pixel_pitch;
};

template <class T>
struct WindowProduct {
  Gather<T> gather;  // its grid is the output's
  std::vector<BlockK> blocks;
  std::vector<int64_t> index;  // element k of a window, from its origin in the source
  Reach reach;
  Panels<T> filter;  // (K, cols)
  int64_t images, k, cols;
  PixelGrid<T> out;
  TileEnd<T> end;
};

// Completes a product from its windows, taps and filters.
template <class T>
WindowProduct<T> window_product(const Gather<T>& windows, const std::vector<Tap>& taps,
                                int64_t length, const Panels<T>& filter, int64_t images,
                                int64_t cols, const PixelGrid<T>& out, const TileEnd<T>& end) {
  std::vector<BlockK> blocks = cut_blocks(taps, length, windows.pixel_pitch);
  std::vector<int64_t> index = element_offsets(blocks, windows.row_pitch, windows.pixel_pitch);
  const Reach reach = reach_of(blocks);
  return WindowProduct<T>{windows,
                          std::move(blocks),
                          std::move(index),
                          reach,
                          filter,
                          images,
                          int64_t(taps.size()) * length,
                          cols,
                          out,
                          end};
}

// Every pixel of `out` is written; there must be at least one tap.
template <class T>
void window_gemm(const WindowProduct<T>& product);

}  // namespace pyconv
