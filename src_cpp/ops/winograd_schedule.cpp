// SPDX-License-Identifier: BSD-3-Clause
// How the tiles of a pass are shared out. No result depends on it but for in_pieces, which looks at
// the shape alone.
#include "arena.hpp"
#include "ops/winograd_pass.hpp"
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
// Filters of so many bytes that meet no more than so many tiles come in pieces.
constexpr int64_t kBytesInPieces = int64_t(8) << 20;
constexpr int64_t kTilesOfPieces = 4 * kMostTiles;

int64_t few_tasks() { return kTasksPerThread * num_threads(); }

}  // namespace

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
