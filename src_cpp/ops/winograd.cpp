// SPDX-License-Identifier: BSD-3-Clause
#include "ops/winograd.hpp"

#include "arena.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/winograd_tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// What a block of tiles may take of a core's second cache: patches, then products of one panel.
constexpr int64_t kBlockBytes = int64_t(512) << 10;
constexpr int64_t kLeastTiles = 24, kMostTiles = 96;
// Patches of all tiles that wait for their products at a time where few tiles meet many filters.
constexpr int64_t kWaveBytes = int64_t(32) << 20;
constexpr int64_t kPatchTiles = 8;

// The filters of one group: tap t, input i, output j at data + t * tap + i * row + j.
struct Taps {
  const float* data;
  int64_t tap, row;
};

struct Pass {
  const WinogradKernels<float>& kernels;
  const KernelTable<float>& table;
  TiledImages source;
  TileGrid grid;
  int64_t before_h, before_w;  // padding
  int64_t c, f;                // channels summed over, channels made
  float* out;
  int64_t out_h, out_w, out_pitch;  // pixels, elements between pixels
  const float* filters;             // [frequency][panel][c][width]
  int64_t width;                    // of a panel
  TileEnd<float> end;

  int64_t frequencies() const { return (kernels.m + 2) * (kernels.m + 2); }
  int64_t panels() const { return ceil_div(f, width); }

  void transform(int64_t first, int64_t count, float* to, int64_t plane) const {
    grid.each(first, count, [&](int64_t t, int64_t image, int64_t row, int64_t column) {
      kernels.patch(source.square(image, row - before_h, column - before_w, kernels.m + 2), c,
                    to + t * c, plane);
    });
  }

  // The products of `count` tiles with one panel, frequency by frequency.
  void multiply(const float* patches, int64_t patch_plane, int64_t count, int64_t panel,
                float* products, int64_t plane) const {
    const float* rows[kMostTiles];
    float* sums[kMostTiles];
    for (int64_t q = 0; q < frequencies(); ++q) {
      const float* filter = filters + (q * panels() + panel) * c * width;
      for (int64_t k = 0; k < c; k += kBlockK) {
        for (int64_t t = 0; t < count; ++t) {
          rows[t] = patches + q * patch_plane + t * c + k;
          sums[t] = products + q * plane + t * width;
        }
        TileEnd<float> plain = plain_end<float>();
        plain.accumulate = k > 0;
        multiply_rows(table, count, std::min(kBlockK, c - k), rows, filter + k * width, width, sums,
                      0, std::min(width, f - panel * width), plain);
      }
      keep_going();
    }
  }

  void finish(int64_t first, int64_t count, int64_t panel, const float* products,
              int64_t plane) const {
    const int64_t column_of_y = panel * width;
    const TileEnd<float> moved = columns_from(end, column_of_y);
    grid.each(first, count, [&](int64_t t, int64_t image, int64_t row, int64_t column) {
      const WinogradSquare<float> square{nullptr, out_w * out_pitch, out_pitch, 0, out_h - row,
                                         0,       out_w - column};
      kernels.output(products + t * width, plane, square,
                     out + ((image * out_h + row) * out_w + column) * out_pitch + column_of_y,
                     std::min(width, f - column_of_y), moved);
    });
  }

  void panel_of_tiles(const float* patches, int64_t patch_plane, int64_t first, int64_t count,
                      int64_t panel, float* products) const {
    const int64_t plane = count * width + kPlaneGap;
    multiply(patches, patch_plane, count, panel, products, plane);
    finish(first, count, panel, products, plane);
  }

  int64_t products_size(int64_t count) const { return frequencies() * (count * width + kPlaneGap); }

  // Many tiles: each block goes through all steps in one core's cache.
  void run_blocks(int64_t per_block) const {
    const int64_t blocks = ceil_div(grid.tiles, per_block);
    parallel_for(blocks, work(), [&](int64_t block) {
      const int64_t first = grid.tiles * block / blocks;
      const int64_t count = grid.tiles * (block + 1) / blocks - first;
      const int64_t plane = count * c + kPlaneGap;
      Scratch<float> patches(frequencies() * plane);
      Scratch<float> products(products_size(count));
      transform(first, count, patches.data(), plane);
      for (int64_t panel = 0; panel < panels(); ++panel) {
        panel_of_tiles(patches.data(), plane, first, count, panel, products.data());
      }
    });
  }

  // Few tiles and many filters: all patches first, then the panels share them.
  void run_waves() const {
    const int64_t most = std::max(kMostTiles, kWaveBytes / (frequencies() * c * 4));
    const int64_t waves = ceil_div(grid.tiles, most);
    for (int64_t wave = 0; wave < waves; ++wave) {
      const int64_t first = grid.tiles * wave / waves;
      run_wave(first, grid.tiles * (wave + 1) / waves - first);
    }
  }

  void run_wave(int64_t first, int64_t count) const {
    const int64_t plane = count * c + kPlaneGap;
    Scratch<float> patches(frequencies() * plane);
    parallel_for(ceil_div(count, kPatchTiles), frequencies() * count * c * 16, [&](int64_t task) {
      const int64_t at = task * kPatchTiles;
      transform(first + at, std::min(kPatchTiles, count - at), patches.data() + at * c, plane);
    });
    const int64_t blocks = ceil_div(count, kMostTiles);
    parallel_for(panels() * blocks, 2 * frequencies() * count * c * f, [&](int64_t task) {
      const int64_t block = task % blocks;
      const int64_t at = count * block / blocks;
      const int64_t tiles = count * (block + 1) / blocks - at;
      Scratch<float> products(products_size(tiles));
      panel_of_tiles(patches.data() + at * c, plane, first + at, tiles, task / blocks,
                     products.data());
    });
  }

  int64_t work() const { return 2 * frequencies() * grid.tiles * c * f; }

  void run() const {
    const int64_t fit = kBlockBytes / (frequencies() * c * 4);
    const int64_t per_block = std::clamp(fit, kLeastTiles, kMostTiles);
    if (fit >= kLeastTiles && grid.tiles >= 16 * per_block) {
      run_blocks(per_block);
    } else {
      run_waves();
    }
  }
};

void transform_filters(const Pass& pass, const Taps& taps, float* to) {
  const int64_t plane = pass.panels() * pass.c * pass.width;
  parallel_for(pass.panels() * pass.c, pass.frequencies() * plane * 16, [&](int64_t task) {
    const int64_t panel = task / pass.c;
    const int64_t i = task % pass.c;
    pass.kernels.filter(taps.data + i * taps.row + panel * pass.width, taps.tap,
                        std::min(pass.width, pass.f - panel * pass.width),
                        to + (panel * pass.c + i) * pass.width, plane);
  });
}

int64_t filters_size(const Pass& pass) {
  return pass.frequencies() * packed_size(pass.c, pass.f, pass.width);
}

void run_pass(Pass pass, const Taps& taps) {
  Scratch<float> filters(filters_size(pass));
  transform_filters(pass, taps, filters.data());
  pass.filters = filters.data();
  pass.run();
}

Pass forward_pass(const Window& w, int64_t group, const float* x, float* y,
                  const TileEnd<float>& end) {
  const int64_t m = winograd_side(w.n, w.oh, w.ow);
  const int64_t fg = w.group_filters();
  return Pass{winograd_kernels_of(m),
              kernel_table_of<float>(),
              TiledImages(x + group * w.group_inputs(), w.h, w.w, w.c),
              TileGrid(m, w.n, w.oh, w.ow),
              w.top,
              w.left,
              w.group_inputs(),
              fg,
              y + group * fg,
              w.oh,
              w.ow,
              w.f,
              nullptr,
              panel_width<float>(fg),
              columns_from(end, group * fg)};
}

Taps forward_filters(const Window& w, const float* kernel, int64_t group) {
  return Taps{kernel + group * w.group_filters(), w.group_inputs() * w.f, w.f};
}

// Tap t of the result = tap 8 - t of a group's filters, inputs and outputs exchanged.
Taps turned_taps(const Window& w, const float* kernel, int64_t group, float* to) {
  const int64_t cg = w.group_inputs();
  const int64_t fg = w.group_filters();
  parallel_for(9, 9 * cg * fg * 4, [&](int64_t tap) {
    kernel_table_of<float>().transpose(kernel + (8 - tap) * cg * w.f + group * fg, w.f,
                                       to + tap * fg * cg, cg, cg, fg);
  });
  return Taps{to, fg * cg, cg};
}

}  // namespace

int64_t winograd_side(int64_t n, int64_t h, int64_t w) {
  constexpr int64_t kFewTiles = 32;
  const int64_t large = TileGrid(4, n, h, w).tiles;
  const int64_t small = TileGrid(2, n, h, w).tiles;
  return large < kFewTiles || 16 * small < 36 * large ? 2 : 4;
}

void winograd(const float* x, const float* kernel, const float* filters, float* y, const Window& w,
              const TileEnd<float>& end) {
  for (int64_t g = 0; g < w.groups; ++g) {
    Pass pass = forward_pass(w, g, x, y, end);
    if (filters) {
      pass.filters = filters + g * filters_size(pass);
      pass.run();
    } else {
      run_pass(pass, forward_filters(w, kernel, g));
    }
  }
}

int64_t winograd_filters_size(const Window& w) {
  return w.groups * filters_size(forward_pass(w, 0, nullptr, nullptr, plain_end<float>()));
}

void winograd_filters(const float* kernel, float* filters, const Window& w) {
  for (int64_t g = 0; g < w.groups; ++g) {
    const Pass pass = forward_pass(w, g, nullptr, nullptr, plain_end<float>());
    transform_filters(pass, forward_filters(w, kernel, g), filters + g * filters_size(pass));
  }
}

void winograd_backward_data(const float* dy, const float* kernel, float* dx, const Window& w) {
  const int64_t m = winograd_side(w.n, w.h, w.w);
  const int64_t cg = w.group_inputs();
  const int64_t fg = w.group_filters();
  Scratch<float> turned(9 * cg * fg);
  for (int64_t g = 0; g < w.groups; ++g) {
    run_pass(Pass{winograd_kernels_of(m), kernel_table_of<float>(),
                  TiledImages(dy + g * fg, w.oh, w.ow, w.f), TileGrid(m, w.n, w.h, w.w), 2 - w.top,
                  2 - w.left, fg, cg, dx + g * cg, w.h, w.w, w.c, nullptr, panel_width<float>(cg),
                  plain_end<float>()},
             turned_taps(w, kernel, g, turned.data()));
  }
}

}  // namespace pyconv
