// SPDX-License-Identifier: BSD-3-Clause
// dkernel = G^T [sum over tiles of (B^T d B) (A dy A^T)] G: one matrix product over tiles for each
// frequency. Blocks of tiles are shared out to a number of partial sums that depends on the shape
// alone; the partial sums are added left to right.
#include "arena.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/winograd.hpp"
#include "ops/winograd_tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

constexpr int64_t kTilesPerBlock = 96;
// Input channels of a task: its part of the sums stays in a core's second cache.
constexpr int64_t kChannels = 128;
constexpr int64_t kParts = 16;
constexpr int64_t kPartialBytes = int64_t(32) << 20;

struct KernelPass {
  const WinogradKernels<float>& kernels;
  const KernelTable<float>& table;
  TiledImages x, dy;  // at the first channel of the group
  TileGrid grid;
  int64_t top, left;
  int64_t c, f;
  int64_t width;  // of a panel of dy's transforms
  int64_t parts;
  float* partial;  // [part][frequency][c][f]

  int64_t frequencies() const { return (kernels.m + 2) * (kernels.m + 2); }
  int64_t panels() const { return ceil_div(f, width); }
  int64_t blocks() const { return ceil_div(grid.tiles, kTilesPerBlock); }
  int64_t plane() const { return c * f; }
  int64_t part() const { return frequencies() * plane(); }

  // Channels [channel, channel + channels) of the sums of one part.
  void run(int64_t index, int64_t channel, int64_t channels) const {
    const int64_t tiles = std::min(kTilesPerBlock, grid.tiles);
    const int64_t patch_plane = tiles * channels + kPlaneGap;
    const int64_t gradient_plane = tiles * panels() * width + kPlaneGap;
    Scratch<float> patches(frequencies() * patch_plane);
    Scratch<float> gradients(frequencies() * gradient_plane);
    const int64_t first_block = blocks() * index / parts;
    const int64_t last_block = blocks() * (index + 1) / parts;
    for (int64_t block = first_block; block < last_block; ++block) {
      const int64_t first = block * kTilesPerBlock;
      const int64_t count = std::min(kTilesPerBlock, grid.tiles - first);
      grid.each(first, count, [&](int64_t t, int64_t image, int64_t row, int64_t column) {
        WinogradSquare<float> patch = x.square(image, row - top, column - left, kernels.m + 2);
        patch.pixels += channel;
        kernels.patch(patch, channels, patches.data() + t * channels, patch_plane);
        WinogradSquare<float> gradient = dy.square(image, row, column, kernels.m);
        for (int64_t p = 0; p < panels(); ++p, gradient.pixels += width) {
          kernels.gradient(gradient, std::min(width, f - p * width),
                           gradients.data() + (p * tiles + t) * width, gradient_plane);
        }
      });
      TileEnd<float> end = plain_end<float>();
      end.accumulate = block > first_block;
      for (int64_t q = 0; q < frequencies(); ++q) {
        keep_going();
        float* sums = partial + index * part() + q * plane() + channel * f;
        for (int64_t p = 0; p < panels(); ++p) {
          multiply_columns(table, channels, count, patches.data() + q * patch_plane, channels,
                           gradients.data() + q * gradient_plane + p * tiles * width, width,
                           sums + p * width, f, std::min(width, f - p * width), end);
        }
      }
    }
  }

  void finish(float* dkernel, int64_t tap_pitch, int64_t row_pitch) const {
    parallel_for(c, parts * part() * 4, [&](int64_t i) {
      kernels.filter_gradient(partial + i * f, plane(), part(), parts, f, dkernel + i * row_pitch,
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
  const int64_t bytes = (m + 2) * (m + 2) * cg * fg * 4;
  const int64_t parts = std::clamp<int64_t>(kPartialBytes / bytes, 1,
                                            std::min(kParts, ceil_div(grid.tiles, kTilesPerBlock)));
  Scratch<float> partial(parts * bytes / 4);
  const int64_t channel_blocks = ceil_div(cg, kChannels);
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
                          panel_width<float>(fg),
                          parts,
                          partial.data()};
    parallel_for(parts * channel_blocks, 2 * grid.tiles * bytes / 4, [&](int64_t task) {
      const int64_t channel = task % channel_blocks * kChannels;
      pass.run(task / channel_blocks, channel, std::min(kChannels, cg - channel));
    });
    pass.finish(dkernel + g * fg, cg * w.f, w.f);
  }
}

}  // namespace pyconv
