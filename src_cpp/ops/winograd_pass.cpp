// SPDX-License-Identifier: BSD-3-Clause
#include "ops/winograd_pass.hpp"

#include "arena.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// What a block of tiles may take of a core's second cache: patches, then products of one panel.
constexpr int64_t kBlockBytes = int64_t(512) << 10;
constexpr int64_t kLeastTiles = 24, kMostTiles = 96;
// Transformed filters that stay there beside a block.
constexpr int64_t kFilterBytes = int64_t(384) << 10;
// A task is some blocks in a row, each of which fetches what the next one reads, but there are so
// many tasks for each thread.
constexpr int64_t kBlocksPerTask = 4, kTasksPerThread = 4;
// What the patches of tiles that wait for their products take of the third cache, per thread, where
// few tiles meet many filters.
constexpr int64_t kWaveBytes = int64_t(4) << 20;
constexpr int64_t kPatchTiles = 8;
// Channels of filters that are transformed at a time, where they take so many bytes and meet no
// more than so many tiles; the taps of how many rows on are fetched.
constexpr int64_t kPieceChannels = 64;
constexpr int64_t kRowsAhead = 4;
constexpr int64_t kTilesOfPieces = 4 * kMostTiles;
constexpr int64_t kBytesInPieces = int64_t(8) << 20;

int64_t few_tasks() { return kTasksPerThread * num_threads(); }

}  // namespace

Ahead WinogradPass::source_ahead(int64_t first, int64_t count) const {
  // The first two rows and columns of a patch are those of patches before it.
  return Ahead(grid, first, count, source, spreads ? 0 : 2 - before_h, spreads ? 0 : 2 - before_w,
               c);
}

Ahead WinogradPass::made_ahead(int64_t first, int64_t count, int64_t panel) const {
  TiledImages images = made;
  images.data += panel * width;
  return Ahead(grid, first, count, images, spreads ? 2 - before_h : 0, spreads ? 2 - before_w : 0,
               std::min(width, f - panel * width));
}

void WinogradPass::transform(int64_t first, int64_t count, float* to, int64_t plane) const {
  Ahead next = source_ahead(first, count);
  next.lead();
  const int64_t m = kernels.m;
  grid.each(first, count, [&](int64_t t, int64_t image, int64_t row, int64_t column) {
    next.step(count);
    if (spreads) {
      kernels.gradient(source.square(image, row, column, m), c, to + t * c, plane);
    } else {
      kernels.patch(source.square(image, row - before_h, column - before_w, m + 2), c, to + t * c,
                    plane);
    }
  });
}

void WinogradPass::transform_filters(int64_t panel, int64_t k, int64_t depth, float* to,
                                     int64_t plane) const {
  const int64_t from = panel * width;
  const int64_t cols = std::min(width, f - from);
  for (int64_t i = k; i < k + depth; ++i) {
    const int64_t soon = std::min(i + kRowsAhead, c - 1);
    for (int64_t tap = 0; tap < 9; ++tap) {
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
  for (int64_t q = 0; q < frequencies(); ++q) {
    const float* filter = piece.filters + q * piece.plane;
    for (int64_t k = 0; k < piece.depth; k += chain) {
      for_each_tile(products.tiles, tallest, [&](int64_t t, int64_t rows) {
        table.strided_tile[vecs - 1][rows - 1](
            std::min(chain, piece.depth - k), patches + q * patch_plane + t * c + piece.k + k, c,
            filter + k * width, width, products.data + q * products.plane + t * width, width,
            piece.k + k > 0);
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
  const int64_t side = kernels.m + 2;
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

// Many tiles: each block goes through all steps in one core's cache.
void WinogradPass::run_blocks(int64_t per_block) const {
  const int64_t least = ceil_div(units(), per_block);
  const int64_t tasks = std::min(least, std::max(few_tasks(), ceil_div(least, kBlocksPerTask)));
  const int64_t blocks = ceil_div(least, tasks) * tasks;
  const auto border = [&](int64_t block) { return units() * block / blocks * unit(); };
  parallel_for(tasks, work(), [&](int64_t task) {
    const int64_t plane = per_block * unit() * c + kPlaneGap;
    Scratch<float> patches(frequencies() * plane);
    Scratch<float> products(products_size(per_block * unit()));
    const int64_t last = blocks * (task + 1) / tasks;
    for (int64_t block = blocks * task / tasks; block < last; ++block) {
      const int64_t first = border(block), next = border(block + 1);
      Ahead read = source_ahead(next, block + 1 < last ? border(block + 2) - next : 0);
      transform(first, next - first, patches.data(), plane);
      for (int64_t panel = 0; panel < panels(); ++panel) {
        panel_of_tiles(patches.data(), plane, first, next - first, panel, products.data(), read);
      }
    }
  });
}

// Few tiles and many filters: patches of a wave of tiles first, then the panels share them.
void WinogradPass::run_waves() const {
  const int64_t tiles = std::max(kMostTiles, num_threads() * kWaveBytes / (frequencies() * c * 4));
  const int64_t waves = ceil_div(units(), std::max<int64_t>(1, tiles / unit()));
  for (int64_t wave = 0; wave < waves; ++wave) {
    const int64_t first = units() * wave / waves;
    run_wave(first, units() * (wave + 1) / waves - first);
  }
}

void WinogradPass::run_wave(int64_t first_unit, int64_t units) const {
  const int64_t first = first_unit * unit(), count = units * unit();
  const int64_t plane = count * c + kPlaneGap;
  Scratch<float> patches(frequencies() * plane);
  parallel_for(ceil_div(count, kPatchTiles), frequencies() * count * c * 16, [&](int64_t task) {
    const int64_t at = task * kPatchTiles;
    transform(first + at, std::min(kPatchTiles, count - at), patches.data() + at * c, plane);
  });
  const int64_t wanted = std::min(ceil_div(few_tasks(), panels()), count / kLeastTiles);
  const int64_t blocks = std::min(units, std::max(wanted, ceil_div(count, kMostTiles)));
  parallel_for(panels() * blocks, 2 * frequencies() * count * c * f, [&](int64_t task) {
    const int64_t block = task % blocks;
    const int64_t at = units * block / blocks * unit();
    const int64_t tiles = units * (block + 1) / blocks * unit() - at;
    Scratch<float> products(products_size(tiles));
    Ahead nothing = source_ahead(first, 0);
    panel_of_tiles(patches.data() + at * c, plane, first + at, tiles, task / blocks,
                   products.data(), nothing);
  });
}

int64_t WinogradPass::fitting_tiles() const {
  return std::clamp(kBlockBytes / (frequencies() * c * 4), kLeastTiles, kMostTiles);
}

bool WinogradPass::in_blocks() const {
  const bool small_filters = filters_size() * 4 <= kFilterBytes && grid.tiles >= 8 * kLeastTiles;
  return frequencies() * c * 4 * kLeastTiles <= kBlockBytes &&
         (small_filters || grid.tiles >= 16 * fitting_tiles());
}

bool WinogradPass::in_pieces() const {
  return !in_blocks() && grid.tiles <= kTilesOfPieces &&
         frequencies() * c * f * 4 >= kBytesInPieces;
}

void WinogradPass::run() const {
  if (in_blocks()) {
    const int64_t even = grid.tiles / (few_tasks() * kBlocksPerTask);
    run_blocks(std::max<int64_t>(1, std::clamp(even, kLeastTiles, fitting_tiles()) / unit()));
  } else {
    run_waves();
  }
}

}  // namespace pyconv
