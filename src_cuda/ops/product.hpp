// SPDX-License-Identifier: BSD-3-Clause
// What launchers of products share: how a product is cut into blocks and slices, by its shape
// alone, how wide its reads are, and the gemm that im2col and dense are built on.
#pragma once

#include <type_traits>

#include "launch.cuh"
#include "ops/axes.hpp"
#include "ops/tile_product.cuh"
#include "ops/width.hpp"

namespace pyconv {

constexpr int64_t kWantedBlocks = 264;  // two waves of 132 multiprocessors

enum class BlockKind : int { kSmall = 0, kNarrow = 1, kWide = 2 };

// Tests choose a block and a number of slices themselves; -1: by the shape.
inline thread_local int forced_block = -1;
inline thread_local int forced_slices = -1;

struct ProductPlan {
  BlockKind block;
  int64_t slices;
};

template <class Block>
int64_t tiles_of(int64_t m, int64_t n) {
  return blocks(m, Block::tile_m) * blocks(n, Block::tile_n);
}

// `parts`: groups and classes, each a product of m x n. A slice has `shortest` steps at least; 0:
// the sum cannot be cut. Sums of float64 fill the registers of small blocks.
template <class T>
ProductPlan product_plan(int64_t m, int64_t n, int64_t k, int64_t parts, int64_t shortest) {
  const int64_t most = shortest > 0 && k > shortest ? blocks(k, shortest) : 1;
  ProductPlan plan{BlockKind::kSmall, 1};
  int64_t tiles = tiles_of<SmallBlock>(m, n) * parts;
  if (std::is_same_v<T, float> && m > SmallBlock::tile_m && n <= NarrowBlock::tile_n) {
    plan.block = BlockKind::kNarrow;
    tiles = tiles_of<NarrowBlock>(m, n) * parts;
  } else if (std::is_same_v<T, float> && m > SmallBlock::tile_m && n > SmallBlock::tile_n &&
             tiles_of<WideBlock>(m, n) * parts * most >= kWantedBlocks / 2) {
    plan.block = BlockKind::kWide;
    tiles = tiles_of<WideBlock>(m, n) * parts;
  }
  if (tiles > 0 && tiles <= kWantedBlocks / 2) plan.slices = blocks(kWantedBlocks, tiles);
  if (plan.slices > most) plan.slices = most;
  if (forced_block >= 0) plan.block = static_cast<BlockKind>(forced_block);
  if (forced_slices > 0 && shortest > 0) plan.slices = forced_slices;
  return plan;
}

// Calls body with the block as a type.
template <class T, class Body>
void with_block(const ProductPlan& plan, Body body) {
  if constexpr (std::is_same_v<T, float>) {
    if (plan.block == BlockKind::kWide) return body(WideBlock{});
    if (plan.block == BlockKind::kNarrow) return body(NarrowBlock{});
  }
  body(SmallBlock{});
}

// Fills in how the grid is cut; returns its blocks. A slice is made of whole pieces.
template <class Block, class T, class A, class B>
int64_t cut_grid(Product<T, A, B>& product, int64_t slices) {
  const int64_t tiles_m = blocks(product.m, Block::tile_m);
  const int64_t tiles_n = blocks(product.n, Block::tile_n);
  product.tiles_m = divisor(tiles_m);
  product.tiles_n = divisor(tiles_n);
  product.slices = divisor(slices);
  product.slice_steps = blocks(blocks(product.k, slices), Block::depth) * Block::depth;
  product.a.walk_by(Block::depth);
  product.b.walk_by(Block::depth);
  product.blocks = tiles_m * tiles_n * slices * product.groups;
  return product.blocks;
}

// Whether packs of `pack` elements along the axis are neighbours and never end within one.
inline bool runs_in_packs(const Axis& axis, int64_t pack) {
  const int64_t outer = axis.count / (axis.middle.value * axis.inner.value);
  const AxisLevel levels[] = {{axis.inner.value, axis.inner_pitch},
                              {axis.middle.value, axis.middle_pitch},
                              {outer, axis.outer_pitch}};
  bool innermost = true;
  for (const AxisLevel& level : levels) {
    if (level.length == 1) continue;
    if (innermost ? level.pitch != 1 || level.length % pack != 0 : level.pitch % pack != 0) {
      return false;
    }
    innermost = false;
  }
  return !innermost && axis.first % pack == 0;
}
// Whether all its offsets are multiples of `pack`.
inline bool steps_in_packs(const Axis& axis, int64_t pack) {
  return axis.inner_pitch % pack == 0 && axis.middle_pitch % pack == 0 &&
         axis.outer_pitch % pack == 0 && axis.first % pack == 0;
}
template <class T>
bool reads_packs(Global<const T> data, const Axis& along, const Axis& across, int64_t group_pitch) {
  constexpr int kPack = kPackOf<T>;
  return runs_in_packs(along, kPack) && steps_in_packs(across, kPack) && group_pitch % kPack == 0 &&
         is_aligned(data, sizeof(Pack<T, kPack>));
}
template <class T>
bool writes_packs(const TileOutput<T>& c, int64_t slice_pitch) {
  return reads_packs<T>(c.data, c.columns, c.rows, c.group_pitch) && slice_pitch % kPackOf<T> == 0;
}

// A matrix whose fastest index is told at run time.
template <class T>
struct AnyMatrix {
  Global<const T> data;
  Axis lines, steps;
  int64_t group_pitch;

  bool step_fastest() const { return steps.neighbour_pitch() == 1; }
  bool packed() const {
    return step_fastest() ? reads_packs(data, steps, lines, group_pitch)
                          : reads_packs(data, lines, steps, group_pitch);
  }
  template <bool kStepFastest, int kWidth>
  Matrix<T, kStepFastest, kWidth> as() const {
    return {data, lines, steps, group_pitch};
  }
};

// c.rows.count x c.columns.count sums of every group over a.steps.count.
template <class T>
void launch_product(const AnyMatrix<T>& a, const AnyMatrix<T>& b, const TileOutput<T>& c,
                    int64_t groups, const ProductPlan& plan, int64_t slice_pitch, void* stream);
// One group, one slice.
template <class T>
void launch_gemm(const AnyMatrix<T>& a, const AnyMatrix<T>& b, const TileOutput<T>& c,
                 void* stream);

// c = activation(bias + the slices in `room`, which lie `pitch` apart, left to right); size
// elements in c's order. The bias has `channels` elements.
template <class T>
void launch_add_slices(Global<const T> room, const TileOutput<T>& c, int64_t size, int64_t pitch,
                       int64_t channels, int64_t slices, void* stream);

// Runs launch(output, slice pitch): into c, or where the sum is cut into `room`.
template <class T, class Launch>
void launch_in_slices(const TileOutput<T>& c, int64_t size, int64_t channels, int64_t slices,
                      Global<T> room, void* stream, Launch launch) {
  if (slices == 1) return launch(c, int64_t{0});
  TileOutput<T> partial = c;
  partial.data = room;
  partial.bias = nullptr;
  partial.activation = ActivationKind::kLinear;
  partial.accumulate = false;
  launch(partial, size);
  launch_add_slices<T>(room, c, size, size, channels, slices, stream);
}

// sums[column] = the sum of `data` over rows, in a fixed order.
template <class T>
void launch_column_sum(Global<const T> data, const Axis& rows, const Axis& columns, Global<T> sums,
                       void* stream);

}  // namespace pyconv
