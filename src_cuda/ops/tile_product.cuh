// SPDX-License-Identifier: BSD-3-Clause
// The core of every product: one block sums a tile of C = A B, of one group and one slice of the
// sum. A and B are operands: a gemm reads matrices, a convolution reads its image through an index
// map, so the im2col matrix never exists.
#pragma once

#include "ops/activation.cuh"
#include "ops/tile_block.cuh"

namespace pyconv {

// Where the sums go: C = activation(sums + bias), or C += sums.
template <class T>
struct TileOutput {
  Global<T> data;
  Axis rows, columns;  // columns: one axis
  int64_t group_pitch;
  Global<const T> bias;  // (groups * columns), or null
  ActivationKind activation;
  bool accumulate;
  bool packed = false;  // columns are neighbours, in whole packs that are aligned
};

// C (m, n) of every group; the sum over k is cut into `slices`, whose results lie slice_pitch
// apart.
template <class T, class A, class B>
struct Product {
  A a;
  B b;
  TileOutput<T> c;
  int64_t m, n, k;
  int64_t groups;
  Divisor tiles_m = {}, tiles_n = {}, slices = {};
  int64_t slice_steps = 0;
  int64_t slice_pitch = 0;
  int64_t blocks = 0;
};

// What a block works on; row and column are the tile's first.
struct TilePlace {
  int64_t group, slice, row, column;
};

template <class Block, class T, class A, class B>
__device__ __forceinline__ TilePlace tile_place(const Product<T, A, B>& p, int64_t block) {
  const int64_t tile = p.tiles_n.divide(block);
  const int64_t part = p.tiles_m.divide(tile);
  const int64_t group = p.slices.divide(part);
  return {group, p.slices.rest(part, group), p.tiles_m.rest(tile, part) * Block::tile_m,
          p.tiles_n.rest(block, tile) * Block::tile_n};
}

template <class Block, class T>
__device__ __forceinline__ void store_row(const TileOutput<T>& c, int64_t at, int64_t column,
                                          int64_t n, int64_t group, const T (&sums)[Block::columns],
                                          bool curved) {
  using Columns = LaneColumns<T, Block>;
  constexpr int kGroup = Columns::kGroup;
#pragma unroll
  for (int g = 0; g < Columns::kGroups; ++g) {
    const int64_t first = column + g * Columns::kApart;
    if (first >= n) continue;
    Pack<T, kGroup> pack;
#pragma unroll
    for (int e = 0; e < kGroup; ++e) {
      T sum = sums[g * kGroup + e];
      if (first + e < n) {
        if (c.accumulate) sum += c.data[at + (first + e) * c.columns.outer_pitch];
        if (c.bias != nullptr) sum += c.bias[group * n + first + e];
        if (!curved) sum = activate_straight<T>(sum, c.activation);
      }
      pack[e] = sum;
    }
    if (c.packed) {
      write_pack(c.data, at + first, pack);
      continue;
    }
#pragma unroll
    for (int e = 0; e < kGroup; ++e) {
      if (first + e < n) c.data[at + (first + e) * c.columns.outer_pitch] = pack[e];
    }
  }
}

// Exponentials among the sums would cost registers: they are taken of what the thread has stored.
template <class Block, class T>
__device__ __forceinline__ void bend_row(const TileOutput<T>& c, int64_t at, int64_t column,
                                         int64_t n) {
  using Columns = LaneColumns<T, Block>;
#pragma unroll 1
  for (int j = 0; j < Block::columns; ++j) {
    const int64_t here = column + Columns::of(j);
    if (here >= n) continue;
    const int64_t place = at + here * c.columns.outer_pitch;
    c.data[place] = activate_curved<T>(c.data[place], c.activation);
  }
}

template <class Block, class T>
__device__ __forceinline__ void store_tile(const TileOutput<T>& c, const TilePlace& place,
                                           int64_t m, int64_t n, int64_t offset,
                                           const T (&sums)[Block::rows][Block::columns]) {
  const bool curved = is_curved(c.activation);
  const int64_t first_row = place.row + lane_row<T, Block>();
  const int64_t column = place.column + lane_column<T, Block>();
  offset += place.group * c.group_pitch;
#pragma unroll
  for (int i = 0; i < Block::rows; ++i) {
    const int64_t row = first_row + LaneRows<T, Block>::of(i);
    if (row >= m) continue;
    const int64_t at = offset + c.rows.offset(row);
    store_row<Block>(c, at, column, n, place.group, sums[i], curved);
  }
  if (!curved) return;
#pragma unroll 1
  for (int i = 0; i < Block::rows; ++i) {
    const int64_t row = first_row + LaneRows<T, Block>::of(i);
    if (row < m) bend_row<Block>(c, offset + c.rows.offset(row), column, n);
  }
}

// The body of a product's kernel.
template <class Block, class T, class A, class B, class Beside>
__device__ __forceinline__ void multiply_block(const Product<T, A, B>& p, const TilePlace& place,
                                               const Beside& beside) {
  const int64_t first_step = place.slice * p.slice_steps;
  const int64_t end = first_step + p.slice_steps < p.k ? first_step + p.slice_steps : p.k;
  T sums[Block::rows][Block::columns] = {};
  sum_tile<Block>(p.a, p.b, place.group, place.row, p.m, place.column, p.n, first_step, end, sums,
                  beside);
  store_tile<Block>(p.c, place, p.m, p.n, place.slice * p.slice_pitch, sums);
}

template <class Block, class T, class A, class B>
__device__ __forceinline__ void multiply_block(const Product<T, A, B>& p, int64_t block) {
  multiply_block<Block>(p, tile_place<Block>(p, block), NoColumnSums());
}

}  // namespace pyconv
