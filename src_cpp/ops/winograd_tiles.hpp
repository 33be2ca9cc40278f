// SPDX-License-Identifier: BSD-3-Clause
// How the images of a Winograd pass are cut into tiles, and the squares under them.
#pragma once

#include <algorithm>

#include "dispatch.hpp"
#include "geometry.hpp"
#include "ops/tiles.hpp"

namespace pyconv {

// channels_last images, from the first channel of a group on.
struct TiledImages {
  const float* data;
  int64_t h, w;
  int64_t image_pitch, row_pitch, pixel_pitch;

  TiledImages(const float* images, int64_t height, int64_t width, int64_t channels)
      : data(images),
        h(height),
        w(width),
        image_pitch(height * width * channels),
        row_pitch(width * channels),
        pixel_pitch(channels) {}

  // The square of `side` pixels from (row, column) of an image on, which may reach outside.
  WinogradSquare<float> square(int64_t image, int64_t row, int64_t column, int64_t side) const {
    return {data + image * image_pitch + row * row_pitch + column * pixel_pitch,
            row_pitch,
            pixel_pitch,
            std::clamp<int64_t>(-row, 0, side),
            std::clamp<int64_t>(h - row, 0, side),
            std::clamp<int64_t>(-column, 0, side),
            std::clamp<int64_t>(w - column, 0, side)};
  }
};

// Tiles of m x m pixels over n images of h x w, numbered image by image, row by row.
struct TileGrid {
  int64_t m, rows, columns, tiles;

  TileGrid(int64_t side, int64_t n, int64_t h, int64_t w)
      : m(side), rows(ceil_div(h, side)), columns(ceil_div(w, side)), tiles(n * rows * columns) {}

  // Calls body(index, image, row, column of the first pixel) for tiles [first, first + count).
  template <class Body>
  void each(int64_t first, int64_t count, Body&& body) const {
    for (int64_t t = 0; t < count; ++t) {
      const int64_t tile = first + t;
      const int64_t in_image = tile % (rows * columns);
      body(t, tile / (rows * columns), in_image / columns * m, in_image % columns * m);
    }
  }
};

// The transforms for n images of h x w results of filters of `taps` x `taps`, 3 or 5. For 3: the
// small tiles where there are too few large ones for the filters, or where large ones would reach
// far beyond the image.
const WinogradKernels<float>& winograd_kernels_for(int64_t taps, int64_t n, int64_t h, int64_t w);

// Whether the pass to the data takes tiles of dy, which spread over dx, instead of tiles of dx:
// where those are fewer, as at small images without padding. Whole images are shared out then.
bool winograd_spreads(const Window& window);

// A plane of a frequency begins this much after the last one ends, so that the planes of one tile
// do not share their sets of the first cache.
constexpr int64_t kPlaneGap = 16;

}  // namespace pyconv
