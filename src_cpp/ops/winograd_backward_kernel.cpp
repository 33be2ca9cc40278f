// SPDX-License-Identifier: BSD-3-Clause
// dkernel = G^T [sum over tiles of (B^T d B) (A dy A^T)] G: one matrix product over tiles for each
// frequency. Blocks of tiles are shared out to a number of partial sums that depends on the shape
// alone; the partial sums are added left to right.
#include "arena.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/panels.hpp"
#include "ops/winograd.hpp"
#include "ops/winograd_ahead.hpp"
#include "ops/winograd_tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Input channels of a task at most, and where there are few other tasks at least.
constexpr int64_t kMostChannels = 128, kLeastChannels = 32;
constexpr int64_t kTasksPerThread = 4;
// Input channels whose patches lie together: with a panel of gradients they fill the first cache.
constexpr int64_t kPanelChannels = 64;
constexpr int64_t kParts = 16;
constexpr int64_t kPartialBytes = int64_t(16) << 20;

// Tiles whose products are one chain: fewer where many channels fill the caches, and enough tiles
// come that the sums need not be read more often than they.
int64_t tiles_per_block(int64_t tiles, int64_t c, int64_t f) {
  constexpr int64_t kManyTiles = 96, kManyChannels = 192;
  return c + f >= kManyChannels && tiles >= 16 * kManyTiles ? kManyTiles / 2 : kManyTiles;
}

// Into how many the channels of a part are cut: each makes all of dy's transforms anew.
int64_t channel_blocks(int64_t parts, int64_t c) {
  const int64_t threads = num_threads();
  const int64_t most = std::max<int64_t>(1, c / kLeastChannels);
  int64_t blocks = ceil_div(c, kMostChannels);
  while (blocks < most && parts * blocks < kTasksPerThread * threads &&
         parts * blocks % threads != 0) {
    ++blocks;
  }
  return blocks;
}

struct KernelPass {
  const WinogradKernels<float>& kernels;
  const KernelTable<float>& table;
  TiledImages x, dy;  // at the first channel of the group
  TileGrid grid;
  int64_t top, left;
  int64_t c, f;
  int64_t width;      // of a panel of dy's transforms
  int64_t per_block;  // tiles
  int64_t parts;
  float* partial;  // [part][frequency][panel][c][width]

  int64_t frequencies() const { return (kernels.m + 2) * (kernels.m + 2); }
  int64_t panels() const { return ceil_div(f, width); }
  int64_t blocks() const { return ceil_div(grid.tiles, per_block); }
  int64_t tiles() const { return std::min(per_block, grid.tiles); }  // of a whole block
  int64_t plane() const { return panels() * c * width + kPlaneGap; }
  int64_t part() const { return frequencies() * plane(); }
  int64_t patch_plane(int64_t channels) const { return tiles() * channels + kPlaneGap; }
  int64_t gradient_plane() const { return tiles() * panels() * width + kPlaneGap; }
  int64_t tiles_of(int64_t block) const {
    return std::clamp<int64_t>(grid.tiles - block * per_block, 0, per_block);
  }

  // Channels [channel, channel + channels) of the sums of one part.
  void run(int64_t index, int64_t channel, int64_t channels) const {
    Scratch<float> patches(frequencies() * patch_plane(channels));
    Scratch<float> gradients(frequencies() * gradient_plane());
    TiledImages some = x;
    some.data += channel;
    const int64_t first_block = blocks() * index / parts;
    const int64_t last_block = blocks() * (index + 1) / parts;
    for (int64_t block = first_block; block < last_block; ++block) {
      const int64_t next = (block + 1) * per_block;
      const int64_t next_count = block + 1 < last_block ? tiles_of(block + 1) : 0;
      Ahead next_x(grid, next, next_count, some, 2 - top, 2 - left, channels);
      Ahead next_dy(grid, next, next_count, dy, 0, 0, f);
      transform(some, channels, block, patches.data(), gradients.data());
      multiply(patches.data(), gradients.data(), tiles_of(block), channels,
               partial + index * part() + channel * width, block > first_block, next_x, next_dy);
    }
  }

  // patches[frequency][panel of channels][tile][channel], gradients[frequency][panel][tile][width].
  void transform(const TiledImages& some, int64_t channels, int64_t block, float* patches,
                 float* gradients) const {
    const int64_t first = block * per_block;
    const int64_t count = tiles_of(block);
    const int64_t m = kernels.m;
    Ahead next_x(grid, first, count, some, 2 - top, 2 - left, channels);
    Ahead next_dy(grid, first, count, dy, 0, 0, f);
    next_x.lead();
    next_dy.lead();
    grid.each(first, count, [&](int64_t t, int64_t image, int64_t row, int64_t column) {
      next_x.step(count);
      next_dy.step(count);
      WinogradSquare<float> patch = some.square(image, row - top, column - left, m + 2);
      for (int64_t ch = 0; ch < channels; ch += kPanelChannels, patch.pixels += kPanelChannels) {
        const int64_t some_of = std::min(kPanelChannels, channels - ch);
        kernels.patch(patch, some_of, patches + tiles() * ch + t * some_of, patch_plane(channels));
      }
      WinogradSquare<float> gradient = dy.square(image, row, column, m);
      for (int64_t p = 0; p < panels(); ++p, gradient.pixels += width) {
        kernels.gradient(gradient, std::min(width, f - p * width),
                         gradients + (p * tiles() + t) * width, gradient_plane());
      }
    });
  }

  // Adds the products of `count` tiles to sums; meanwhile the next block's images come near.
  void multiply(const float* patches, const float* gradients, int64_t count, int64_t channels,
                float* sums, bool accumulate, Ahead& next_x, Ahead& next_dy) const {
    TileEnd<float> end = plain_end<float>();
    end.accumulate = accumulate;
    const int64_t steps = frequencies() * panels() * ceil_div(channels, kPanelChannels);
    for (int64_t q = 0; q < frequencies(); ++q) {
      keep_going();
      for (int64_t p = 0; p < panels(); ++p) {
        const float* gradient = gradients + q * gradient_plane() + p * tiles() * width;
        for (int64_t ch = 0; ch < channels; ch += kPanelChannels) {
          const int64_t rows = std::min(kPanelChannels, channels - ch);
          multiply_columns(table, rows, count, patches + q * patch_plane(channels) + tiles() * ch,
                           rows, gradient, width, sums + q * plane() + (p * c + ch) * width, width,
                           std::min(width, f - p * width), end);
          next_x.step(steps);
          next_dy.step(steps);
        }
      }
    }
  }

  void finish(float* dkernel, int64_t tap_pitch, int64_t row_pitch) const {
    parallel_for(panels() * c, parts * part() * 4, [&](int64_t task) {
      const int64_t from = task / c * width;
      kernels.filter_gradient(partial + task * width, plane(), part(), parts,
                              std::min(width, f - from), dkernel + task % c * row_pitch + from,
                              tap_pitch);
    });
  }
};

}  // namespace

void winograd_backward_kernel(const float* x, const float* dy, float* dkernel, const Window& w) {
  const int64_t m = winograd_side(w.n, w.oh, w.ow);
  const int64_t cg = w.group_inputs();
  const int64_t fg = w.group_filters();
  const TileGrid grid(m, w.n, w.oh, w.ow);
  const int64_t width = panel_width<float>(fg);
  const int64_t part = (m + 2) * (m + 2) * (packed_size(cg, fg, width) + kPlaneGap);
  const int64_t per_block = tiles_per_block(grid.tiles, cg, fg);
  const int64_t parts = std::clamp<int64_t>(kPartialBytes / (part * 4), 1,
                                            std::min(kParts, ceil_div(grid.tiles, per_block)));
  Scratch<float> partial(parts * part);
  const int64_t cuts = channel_blocks(parts, cg);
  for (int64_t g = 0; g < w.groups; ++g) {
    const KernelPass pass{winograd_kernels_of(m),
                          kernel_table_of<float>(),
                          TiledImages(x + g * cg, w.h, w.w, w.c),
                          TiledImages(dy + g * fg, w.oh, w.ow, w.f),
                          grid,
                          w.top,
                          w.left,
                          cg,
                          fg,
                          width,
                          per_block,
                          parts,
                          partial.data()};
    parallel_for(parts * cuts, 2 * grid.tiles * part, [&](int64_t task) {
      const int64_t first = cg * (task % cuts) / cuts;
      pass.run(task / cuts, first, cg * (task % cuts + 1) / cuts - first);
    });
    pass.finish(dkernel + g * fg, cg * w.f, w.f);
  }
}

}  // namespace pyconv
