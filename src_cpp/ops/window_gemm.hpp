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
  Panels<T> filter;  // (K, cols)
  int64_t images, k, cols;
  PixelGrid<T> out;
  TileEnd<T> end;
};

// Every pixel of `out` is written; with k = 0 the result is the end of an empty sum.
template <class T>
void window_gemm(const WindowProduct<T>& product);

}  // namespace pyconv
