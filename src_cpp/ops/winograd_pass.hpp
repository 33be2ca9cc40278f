// SPDX-License-Identifier: BSD-3-Clause
// What the forward pass and that to the data have in common: tiles of one image are transformed,
// multiplied with transformed filters frequency by frequency, and transformed into the other image.
#pragma once

#include "ops/panels.hpp"
#include "ops/winograd_ahead.hpp"
#include "ops/winograd_tiles.hpp"

namespace pyconv {

// The filters of one group: tap t, input i, output j at data + t * tap + i * row + j.
struct Taps {
  const float* data;
  int64_t tap, row;
};

struct WinogradPass {
  const WinogradKernels<float>& kernels;
  const KernelTable<float>& table;
  // Of m x m results from patches, or, transposed, of m x m sources that spread.
  bool spreads;
  TiledImages source;
  TileGrid grid;               // over the results, or over the sources that spread
  int64_t before_h, before_w;  // padding
  int64_t c, f;                // channels summed over, channels made
  TiledImages made;
  int64_t width;       // of a panel
  TileEnd<float> end;  // of results that do not spread
  Taps taps;
  const float* filters;  // [frequency][panel][c][width], null where it transforms in pieces

  int64_t frequencies() const { return kernels.frequencies(); }
  int64_t panels() const { return ceil_div(f, width); }
  int64_t filters_plane() const { return packed_size(c, f, width) + kPlaneGap; }
  int64_t filters_size() const { return frequencies() * filters_plane(); }

  // Whether the filters are transformed piece by piece beside their products: large ones that meet
  // few tiles would pass through memory otherwise.
  bool in_pieces() const;
  // Channels [k, k + depth) of a panel's filters, frequencies `plane` apart.
  void transform_filters(int64_t panel, int64_t k, int64_t depth, float* to, int64_t plane) const;
  void run() const;

 private:
  // A panel of the filters, or some channels of it.
  struct Piece {
    const float* filters;
    int64_t plane;
    int64_t panel, k, depth;
  };
  // The products of some tiles with a panel.
  struct Products {
    float* data;
    int64_t plane, tiles;
  };

  // Tiles that stay together: those that spread over one image add up in order.
  int64_t unit() const { return spreads ? grid.rows * grid.columns : 1; }
  int64_t units() const { return grid.tiles / unit(); }
  int64_t work() const { return 2 * frequencies() * grid.tiles * c * f; }
  int64_t products_size(int64_t count) const { return frequencies() * (count * width + kPlaneGap); }

  int64_t fitting_tiles() const;
  bool in_blocks() const;
  void run_blocks(int64_t per_block) const;
  void run_waves() const;
  void run_wave(int64_t first, int64_t units) const;
  void transform(int64_t first, int64_t count, float* to, int64_t plane) const;
  void panel_of_tiles(const float* patches, int64_t patch_plane, int64_t first, int64_t count,
                      int64_t panel, float* products, Ahead& read) const;
  void multiply(const float* patches, int64_t patch_plane, const Piece& piece,
                const Products& products, Ahead& read, Ahead& written) const;
  void finish(int64_t first, int64_t panel, const Products& products) const;
  Ahead source_ahead(int64_t first, int64_t count) const;
  Ahead made_ahead(int64_t first, int64_t count, int64_t panel) const;
};

}  // namespace pyconv
