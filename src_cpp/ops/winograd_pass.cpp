// SPDX-License-Identifier: BSD-3-Clause
// The steps of a pass; winograd_schedule.cpp says in which order and by whom they are done.
#include "ops/winograd_pass.hpp"
#include "arena.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Channels of filters that are transformed at a time, where filters come in pieces.
constexpr int64_t kPieceChannels = 64;
// The taps of a row of filters are fetched so many rows early.
constexpr int64_t kRowsAhead = 4;

}  // namespace

Ahead WinogradPass::source_ahead(int64_t first, int64_t count) const {
  // The first rows and columns of a patch are those of patches before it.
  const int64_t shared = kernels.r - 1;
  return Ahead(grid, first, count, source, spreads ? 0 : shared - before_h,
               spreads ? 0 : shared - before_w, c);
}

Ahead WinogradPass::made_ahead(int64_t first, int64_t count, int64_t panel) const {
  TiledImages images = made;
  images.data += panel * width;
  const int64_t shared = kernels.r - 1;
  return Ahead(grid, first, count, images, spreads ? shared - before_h : 0,
               spreads ? shared - before_w : 0, std::min(width, f - panel * width));
}

void WinogradPass::transform(int64_t first, int64_t count, float* to, int64_t plane) const {
  Ahead next = source_ahead(first, count);
  next.lead();
  grid.each(first, count, [&](int64_t t, int64_t image, int64_t row, int64_t column) {
    next.step(count);
    if (spreads) {
      kernels.gradient(source.square(image, row, column, kernels.m), c, to + t * c, plane);
    } else {
      kernels.patch(source.square(image, row - before_h, column - before_w, kernels.side()), c,
                    to + t * c, plane);
    }
  });
}

void WinogradPass::transform_filters(int64_t panel, int64_t k, int64_t depth, float* to,
                                     int64_t plane) const {
  const int64_t from = panel * width;
  const int64_t cols = std::min(width, f - from);
  for (int64_t i = k; i < k + depth; ++i) {
    const int64_t soon = std::min(i + kRowsAhead, c - 1);
    for (int64_t tap = 0; tap < kernels.r * kernels.r; ++tap) {
      Ahead::fetch(taps.data + tap * taps.tap + soon * taps.row + from, cols);
    }
    kernels.filter(taps.data + i * taps.row + from, taps.tap, cols, to + (i - k) * width, plane);
  }
}

// The products of tiles with a piece of a panel, frequency by frequency, added to those of pieces
// before it; meanwhile memory that is needed soon is brought near.
void WinogradPass::multiply(const float* patches, int64_t patch_plane, const Piece& piece,
                            const Products& products, Ahead& read, Ahead& written) const {
  const int64_t vecs = ceil_div(std::min(width, f - piece.panel * width), table.width);
  const int64_t tallest = table.strided_tile_rows[vecs - 1];
  // The same sums whether the filters come in pieces or were ready.
  const int64_t chain = in_pieces() ? kPieceChannels : kBlockK;
  const int64_t steps =
      frequencies() * ceil_div(piece.depth, chain) * ceil_div(products.tiles, tallest);
  // Ready filters that meet few tiles come from memory.
  const bool far = filters && in_pieces();
  for (int64_t q = 0; q < frequencies(); ++q) {
    const float* filter = piece.filters + q * piece.plane;
    for (int64_t k = 0; k < piece.depth; k += chain) {
      const bool more = k + chain < piece.depth;
      const int64_t depth = more ? piece.depth - k - chain : piece.depth;
      RunAhead next(more ? filter + (k + chain) * width : filter + piece.plane,
                    far && (more || q + 1 < frequencies()) ? std::min(chain, depth) * width : 0,
                    ceil_div(products.tiles, tallest));
      for_each_tile(products.tiles, tallest, [&](int64_t t, int64_t rows) {
        table.strided_tile[vecs - 1][rows - 1](
            std::min(chain, piece.depth - k), patches + q * patch_plane + t * c + piece.k + k, c,
            filter + k * width, width, products.data + q * products.plane + t * width, width,
            piece.k + k > 0);
        next.step();
        read.step(steps * panels());
        written.step(steps);
      });
    }
    keep_going();
  }
}

void WinogradPass::finish(int64_t first, int64_t panel, const Products& products) const {
  const int64_t from = panel * width;
  const int64_t cols = std::min(width, f - from);
  const int64_t side = kernels.side();
  const TileEnd<float> moved = columns_from(end, from);
  grid.each(first, products.tiles, [&](int64_t t, int64_t image, int64_t row, int64_t column) {
    const float* const from_tile = products.data + t * width;
    WinogradSquare<float> square = spreads
                                       ? made.square(image, row - before_h, column - before_w, side)
                                       : made.square(image, row, column, kernels.m);
    float* const pixels = const_cast<float*>(square.pixels) + from;
    if (spreads) {
      kernels.spread(from_tile, products.plane, square, pixels, cols, row > 0, column > 0);
    } else {
      kernels.output(from_tile, products.plane, square, pixels, cols, moved);
    }
  });
}

void WinogradPass::panel_of_tiles(const float* patches, int64_t patch_plane, int64_t first,
                                  int64_t count, int64_t panel, float* products,
                                  Ahead& read) const {
  const Products made_of{products, count * width + kPlaneGap, count};
  Ahead written = made_ahead(first, count, panel);
  if (filters) {
    const Piece all{filters + panel * c * width, filters_plane(), panel, 0, c};
    multiply(patches, patch_plane, all, made_of, read, written);
  } else {
    const int64_t plane = kPieceChannels * width + kPlaneGap;
    Scratch<float> some(frequencies() * plane);
    for (int64_t k = 0; k < c; k += kPieceChannels) {
      const Piece piece{some.data(), plane, panel, k, std::min(kPieceChannels, c - k)};
      transform_filters(panel, k, piece.depth, some.data(), plane);
      multiply(patches, patch_plane, piece, made_of, read, written);
    }
  }
  finish(first, panel, made_of);
}

}  // namespace pyconv
