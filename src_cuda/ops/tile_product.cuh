// SPDX-License-Identifier: BSD-3-Clause
// The core of every product: a block of 256 threads sums a 64 x 64 tile of C = A B, each thread
// 4 x 4 of it, over pieces of A and B in shared memory.
//
// A and B are operands: they say where element (line, step) lies, where a line is a row of A or a
// column of B and a step is an index of the sum. A gemm reads matrices, a convolution reads its
// image through an index map, so the im2col matrix never exists.
#pragma once

#include "ops/activation.cuh"
#include "ops/divisor.cuh"
#include "vocabulary.cuh"

namespace pyconv {

constexpr int kTile = 64;   // lines of each operand: 4 x 4 sums a thread fit in registers
constexpr int kDepth = 16;  // steps in shared memory at a time: half a warp of them
constexpr int kTileThreads = 256;
constexpr int kSide = 16;  // threads along either side of the tile
constexpr int kSums = kTile / kSide;
constexpr int kMoves = kTile * kDepth / kTileThreads;  // elements of an operand a thread carries
static_assert(kSide * kSide == kTileThreads, "the threads of a block form a square");

// A row of `kTilePitch` elements holds one step; the padding keeps both ways of filling it free of
// bank conflicts.
template <class T>
constexpr int kTilePitch = kTile + 8 / static_cast<int>(sizeof(T));
template <class T>
constexpr int kTileBytes = 2 * kDepth * kTilePitch<T> * static_cast<int>(sizeof(T));

// An index of a matrix; it may run over two nested axes, as pixels run over images.
struct Axis {
  int64_t count;
  Divisor inner;                     // length of the inner axis; `count` where there is one axis
  int64_t outer_pitch, inner_pitch;  // elements

  __device__ int64_t offset(int64_t i) const {
    if (inner.value >= count) return i * inner_pitch;
    const int64_t outer = inner.divide(i);
    return outer * outer_pitch + inner.rest(i, outer) * inner_pitch;
  }
};

// A matrix in memory. kStepFastest says which index runs along memory, so that neighbouring threads
// read neighbouring elements.
template <class T, bool kStepFastest>
struct Matrix {
  static constexpr bool step_fastest = kStepFastest;
  using Line = int64_t;  // offset, or -1 outside
  using Step = int64_t;

  Global<const T> data;
  Axis lines, steps;
  int64_t group_pitch;

  __device__ Line line(int64_t i, int64_t end) const { return i < end ? lines.offset(i) : -1; }
  __device__ Step step(int64_t k, int64_t end) const { return k < end ? steps.offset(k) : -1; }
  __device__ T at(int64_t group, Line line, Step step) const {
    if (line < 0 || step < 0) return T(0);
    return data[group * group_pitch + line + step];
  }
};

// The same operand with lines and steps exchanged.
template <class M>
struct Transposed {
  static constexpr bool step_fastest = !M::step_fastest;
  using Line = typename M::Step;
  using Step = typename M::Line;

  M matrix;

  __device__ Line line(int64_t i, int64_t end) const { return matrix.step(i, end); }
  __device__ Step step(int64_t k, int64_t end) const { return matrix.line(k, end); }
  __device__ auto at(int64_t group, Line line, Step step) const {
    return matrix.at(group, step, line);
  }
};

// Where the sums go: C = activation(sums + bias), or C += sums.
template <class T>
struct TileOutput {
  Global<T> data;
  Axis rows, columns;
  int64_t group_pitch;
  Global<const T> bias;  // (groups * columns), or null
  ActivationKind activation;
  bool accumulate;
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
};

// Carries a thread's share of one operand into shared memory. What does not change from piece to
// piece is worked out once: the thread's lines.
template <class T, class M>
struct Carrier {
  static constexpr int kLines = M::step_fastest ? kMoves : 1;
  typename M::Line lines[kLines];

  static __device__ int line_of(int move) {
    const int t = static_cast<int>(threadIdx.x);
    return M::step_fastest ? t / kDepth + move * (kTileThreads / kDepth) : t % kTile;
  }
  static __device__ int step_of(int move) {
    const int t = static_cast<int>(threadIdx.x);
    return M::step_fastest ? t % kDepth : t / kTile + move * (kTileThreads / kTile);
  }

  __device__ Carrier(const M& operand, int64_t first, int64_t end) {
#pragma unroll
    for (int move = 0; move < kLines; ++move) {
      lines[move] = operand.line(first + line_of(move), end);
    }
  }

  __device__ void carry(const M& operand, int64_t group, int64_t first_step, int64_t end,
                        Shared<T> tile) const {
    if constexpr (M::step_fastest) {
      const typename M::Step step = operand.step(first_step + step_of(0), end);
#pragma unroll
      for (int move = 0; move < kMoves; ++move) {
        tile[step_of(0) * kTilePitch<T> + line_of(move)] = operand.at(group, lines[move], step);
      }
    } else {
#pragma unroll
      for (int move = 0; move < kMoves; ++move) {
        const typename M::Step step = operand.step(first_step + step_of(move), end);
        tile[step_of(move) * kTilePitch<T> + line_of(0)] = operand.at(group, lines[0], step);
      }
    }
  }
};

// The thread's sums are rows y, y + 16, ... and columns x, x + 16, ... of the tile.
template <class T, class A, class B>
__device__ __forceinline__ void sum_tile(const Product<T, A, B>& p, int64_t group,
                                         int64_t first_row, int64_t first_column,
                                         int64_t first_step, int64_t end, T (&sums)[kSums][kSums]) {
  const int x = static_cast<int>(threadIdx.x) % kSide;
  const int y = static_cast<int>(threadIdx.x) / kSide;
  Shared<T> tile_a = shared<T>(0, kDepth * kTilePitch<T>);
  Shared<T> tile_b = shared<T>(kTileBytes<T> / 2, kDepth * kTilePitch<T>);
  const Carrier<T, A> carrier_a(p.a, first_row, p.m);
  const Carrier<T, B> carrier_b(p.b, first_column, p.n);
  for (int64_t k = first_step; k < end; k += kDepth) {
    carrier_a.carry(p.a, group, k, end, tile_a);
    carrier_b.carry(p.b, group, k, end, tile_b);
    __syncthreads();
#pragma unroll
    for (int step = 0; step < kDepth; ++step) {
      T left[kSums], right[kSums];
#pragma unroll
      for (int i = 0; i < kSums; ++i) {
        left[i] = tile_a[step * kTilePitch<T> + y + i * kSide];
        right[i] = tile_b[step * kTilePitch<T> + x + i * kSide];
      }
#pragma unroll
      for (int i = 0; i < kSums; ++i) {
#pragma unroll
        for (int j = 0; j < kSums; ++j) sums[i][j] += left[i] * right[j];
      }
    }
    __syncthreads();
  }
}

template <class T>
__device__ __forceinline__ void store_sum(const TileOutput<T>& c, int64_t group, int64_t row_offset,
                                          int64_t column, int64_t column_offset, T sum) {
  const int64_t at = group * c.group_pitch + row_offset + column_offset;
  if (c.accumulate) sum += c.data[at];
  if (c.bias != nullptr) sum += c.bias[group * c.columns.count + column];
  c.data[at] = activate<T>(sum, c.activation);
}

// The body of a product's kernel: the block's number says group, slice, and tile.
template <class T, class A, class B>
__device__ __forceinline__ void multiply_block(const Product<T, A, B>& p) {
  const int64_t block = blockIdx.x;
  const int64_t tile = p.tiles_n.divide(block);
  const int64_t first_column = p.tiles_n.rest(block, tile) * kTile;
  const int64_t part = p.tiles_m.divide(tile);
  const int64_t first_row = p.tiles_m.rest(tile, part) * kTile;
  const int64_t group = p.slices.divide(part);
  const int64_t slice = p.slices.rest(part, group);
  const int64_t first_step = slice * p.slice_steps;
  const int64_t end = first_step + p.slice_steps < p.k ? first_step + p.slice_steps : p.k;

  T sums[kSums][kSums] = {};
  sum_tile(p, group, first_row, first_column, first_step, end, sums);

  const int64_t x = first_column + static_cast<int>(threadIdx.x) % kSide;
  const int64_t y = first_row + static_cast<int>(threadIdx.x) / kSide;
#pragma unroll
  for (int i = 0; i < kSums; ++i) {
    const int64_t row = y + i * kSide;
    if (row >= p.m) continue;
    const int64_t row_offset = slice * p.slice_pitch + p.c.rows.offset(row);
#pragma unroll
    for (int j = 0; j < kSums; ++j) {
      const int64_t column = x + j * kSide;
      if (column >= p.n) continue;
      store_sum(p.c, group, row_offset, column, p.c.columns.offset(column), sums[i][j]);
    }
  }
}

}  // namespace pyconv
