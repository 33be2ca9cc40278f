// SPDX-License-Identifier: BSD-3-Clause
// dkernel = G^T [sum over tiles of (B^T d B) (A dy A^T)] G: one matrix product over tiles for each
// frequency. Blocks of tiles are shared out to a number of partial sums that depends on the shape
// alone; the partial sums are added left to right.
#include "arena.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/winograd.hpp"
#include "ops/winograd_kernel_pass.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Input channels of a task at most, and where there are few other tasks at least.
constexpr int64_t kMostChannels = 128, kLeastChannels = 32;
constexpr int64_t kTasksPerThread = 4;
constexpr int64_t kParts = 16;
constexpr int64_t kPartialBytes = int64_t(16) << 20;

// Tiles whose products are one chain: half as many where many channels fill the caches, and there
// are tiles enough that the sums are still read seldom.
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

}  // namespace

void winograd_backward_kernel(const float* x, const float* dy, float* dkernel, const Window& w) {
  const WinogradKernels<float>& kernels = winograd_kernels_for(w.kh, w.n, w.oh, w.ow);
  const int64_t cg = w.group_inputs();
  const int64_t fg = w.group_filters();
  const TileGrid grid(kernels.m, w.n, w.oh, w.ow);
  const int64_t width = panel_width<float>(fg);
  const int64_t part = kernels.frequencies() * (packed_size(cg, fg, width) + kPlaneGap);
  // Without what panels add, for that depends on the width of vectors.
  const int64_t bytes = kernels.frequencies() * cg * fg * 4;
  const int64_t per_block = tiles_per_block(grid.tiles, cg, fg);
  const int64_t parts = std::clamp<int64_t>(kPartialBytes / bytes, 1,
                                            std::min(kParts, ceil_div(grid.tiles, per_block)));
  Scratch<float> partial(grid.tiles > per_block ? parts * part : 0);
  const int64_t cuts = channel_blocks(parts, cg);
  for (int64_t g = 0; g < w.groups; ++g) {
    const WinogradKernelPass pass{kernels,
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
                                  partial.data(),
                                  dkernel + g * fg,
                                  cg * w.f,
                                  w.f};
    parallel_for(parts * cuts, 2 * grid.tiles * part, [&](int64_t task) {
      const int64_t first = cg * (task % cuts) / cuts;
      pass.run(task / cuts, first, cg * (task % cuts + 1) / cuts - first);
    });
    if (pass.partial) pass.finish();
  }
}

}  // namespace pyconv
