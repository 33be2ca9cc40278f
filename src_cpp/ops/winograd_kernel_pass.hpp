// SPDX-License-Identifier: BSD-3-Clause
// The steps of Winograd's pass to the filters: blocks of tiles of x and of dy are transformed and
// multiplied, the sums of each part of them kept until all are there.
#pragma once

#include "arena.hpp"
#include "ops/panels.hpp"
#include "ops/winograd_ahead.hpp"
#include "ops/winograd_tiles.hpp"
#include "parallel.hpp"

namespace pyconv {

struct WinogradKernelPass {
  // Input channels whose patches lie together: with a panel of gradients they fill the first cache.
  static constexpr int64_t kPanelChannels = 64;

  const WinogradKernels<float>& kernels;
  const KernelTable<float>& table;
  TiledImages x, dy;  // at the first channel of the group
  TileGrid grid;
  int64_t top, left;
  int64_t c, f;
  int64_t width;      // of a panel of dy's transforms
  int64_t per_block;  // tiles
  int64_t parts;
  float* partial;  // [part][frequency][panel][c][width], null where one block has all tiles
  float* dkernel;
  int64_t tap_pitch, row_pitch;

  int64_t frequencies() const { return kernels.frequencies(); }
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

  // The transforms of some tiles and channels.
  struct Block {
    const float *patches, *gradients;
    int64_t count, channels;
  };

  // Channels [channel, channel + channels) of the sums of one part.
  void run(int64_t index, int64_t channel, int64_t channels) const {
    Scratch<float> patches(frequencies() * patch_plane(channels));
    Scratch<float> gradients(frequencies() * gradient_plane());
    TiledImages some = x;
    some.data += channel;
    const int64_t first_block = blocks() * index / parts;
    const int64_t last_block = blocks() * (index + 1) / parts;
    const int64_t shared = kernels.r - 1;
    for (int64_t block = first_block; block < last_block; ++block) {
      const int64_t next = (block + 1) * per_block;
      const int64_t next_count = block + 1 < last_block ? tiles_of(block + 1) : 0;
      Ahead next_x(grid, next, next_count, some, shared - top, shared - left, channels);
      Ahead next_dy(grid, next, next_count, dy, 0, 0, f);
      transform(some, channels, block, patches.data(), gradients.data());
      const Block ready{patches.data(), gradients.data(), tiles_of(block), channels};
      if (!partial) return finish_block(ready, channel);
      multiply(ready, partial + index * part() + channel * width, block > first_block, next_x,
               next_dy);
    }
  }

  // patches[frequency][panel of channels][tile][channel], gradients[frequency][panel][tile][width].
  void transform(const TiledImages& some, int64_t channels, int64_t block, float* patches,
                 float* gradients) const {
    const int64_t first = block * per_block;
    const int64_t count = tiles_of(block);
    const int64_t m = kernels.m, shared = kernels.r - 1;
    Ahead next_x(grid, first, count, some, shared - top, shared - left, channels);
    Ahead next_dy(grid, first, count, dy, 0, 0, f);
    next_x.lead();
    next_dy.lead();
    grid.each(first, count, [&](int64_t t, int64_t image, int64_t row, int64_t column) {
      next_x.step(count);
      next_dy.step(count);
      WinogradSquare<float> patch = some.square(image, row - top, column - left, kernels.side());
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

  // One frequency's sums for some channels, from the ch-th on, by panel p.
  void multiply_piece(const Block& block, int64_t q, int64_t p, int64_t ch, float* sums,
                      const TileEnd<float>& end) const {
    const int64_t rows = std::min(kPanelChannels, block.channels - ch);
    multiply_columns(table, rows, block.count,
                     block.patches + q * patch_plane(block.channels) + tiles() * ch, rows,
                     block.gradients + q * gradient_plane() + p * tiles() * width, width, sums,
                     width, std::min(width, f - p * width), end);
  }

  // Adds a block's products to sums; meanwhile the next block's images come near.
  void multiply(const Block& block, float* sums, bool accumulate, Ahead& next_x,
                Ahead& next_dy) const {
    TileEnd<float> end = plain_end<float>();
    end.accumulate = accumulate;
    const int64_t steps = frequencies() * panels() * ceil_div(block.channels, kPanelChannels);
    for (int64_t q = 0; q < frequencies(); ++q) {
      keep_going();
      for (int64_t p = 0; p < panels(); ++p) {
        for (int64_t ch = 0; ch < block.channels; ch += kPanelChannels) {
          multiply_piece(block, q, p, ch, sums + q * plane() + (p * c + ch) * width, end);
          next_x.step(steps);
          next_dy.step(steps);
        }
      }
    }
  }

  // The only block: its sums, some channels by a panel at a time, stay in the second cache.
  void finish_block(const Block& block, int64_t channel) const {
    const int64_t few = kPanelChannels * width + kPlaneGap;
    Scratch<float> sums(frequencies() * few);
    for (int64_t p = 0; p < panels(); ++p) {
      for (int64_t ch = 0; ch < block.channels; ch += kPanelChannels) {
        for (int64_t q = 0; q < frequencies(); ++q) {
          multiply_piece(block, q, p, ch, sums.data() + q * few, plain_end<float>());
        }
        keep_going();
        for (int64_t i = 0; i < std::min(kPanelChannels, block.channels - ch); ++i) {
          kernels.filter_gradient(sums.data() + i * width, few, 0, 1,
                                  std::min(width, f - p * width),
                                  dkernel + (channel + ch + i) * row_pitch + p * width, tap_pitch);
        }
      }
    }
  }

  void finish() const {
    parallel_for(panels() * c, parts * part() * 4, [&](int64_t task) {
      const int64_t from = task / c * width;
      kernels.filter_gradient(partial + task * width, plane(), part(), parts,
                              std::min(width, f - from), dkernel + task % c * row_pitch + from,
                              tap_pitch);
    });
  }
};

}  // namespace pyconv
