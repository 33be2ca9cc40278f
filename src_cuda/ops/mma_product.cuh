// SPDX-License-Identifier: BSD-3-Clause
// The core of every tensor-core product: a block sums a tile of C = A B in float32 over tiles of A
// and B that asynchronous copies bring to shared memory some stages ahead. Operands are float16,
// bfloat16, or float32 rounded to tf32; see mma_operand.cuh and mma_tile.cuh.
#pragma once

#include "ops/activation.cuh"
#include "ops/mma_tile.cuh"

namespace pyconv {

// Blocks that a multiprocessor is to hold at once; before 8.0 it has the memory of one.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
constexpr int kMmaResident = 1;
#else
constexpr int kMmaResident = 2;
#endif

// kTileM x kTileN of C by kWarpsM x kWarpsN warps.
template <int kTileM, int kTileN, int kWarpsM, int kWarpsN, int kStages>
struct MmaBlock {
  static constexpr int tile_m = kTileM, tile_n = kTileN, stages = kStages;
  static constexpr int warps_n = kWarpsN;
  static constexpr int resident = kMmaResident;
  static constexpr int threads = kWarpsM * kWarpsN * kWarpLanes;
  static constexpr int fragments_m = kTileM / kWarpsM / 16;  // of a warp
  static constexpr int fragments_n = kTileN / kWarpsN / 8;
};
// 64 sums a thread and 57 to 62 KB of shared memory: two blocks a multiprocessor, and one on 7.5.
using MmaLargeBlock = MmaBlock<128, 128, 2, 4, 3>;
using MmaSmallBlock = MmaBlock<64, 64, 2, 2, 4>;

template <class A, class B, class Block, int kWidth>
struct MmaLayout {
  using TileA = MmaTile<A, Block::tile_m, Block::threads, kWidth>;
  using TileB = MmaTile<B, Block::tile_n, Block::threads, kWidth>;
  static constexpr int stage_words = TileA::kTileWords + TileB::kTileWords;
  static constexpr int words = Block::stages * stage_words;
  static constexpr int64_t bytes = 4 * static_cast<int64_t>(words);
};

// How the work is cut into blocks: tiles of n, tiles of m, slices of the sum, groups, and what a
// pass adds, the first running fastest.
struct MmaCut {
  int64_t m, n, k;
  Divisor tiles_n = {}, tiles_m = {}, slices = {}, groups = {};
  int64_t slice_steps = 0;  // a multiple of a tile's depth

  struct Place {
    int64_t first_row, first_column, slice, group, rest;
  };
  template <class Block>
  __device__ __forceinline__ Place place() const {
    const int64_t block = blockIdx.x;
    const int64_t row = tiles_n.divide(block);
    const int64_t part = tiles_m.divide(row);
    const int64_t group = slices.divide(part);
    const int64_t rest = groups.divide(group);
    return {tiles_m.rest(row, part) * Block::tile_m, tiles_n.rest(block, row) * Block::tile_n,
            slices.rest(part, group), groups.rest(group, rest), rest};
  }
};

// The sums of a thread: rows lane / 4 + 8 half of fragment i, columns 2 (lane % 4) + 0, 1 of
// fragment j, as mma leaves them.
template <class Block>
using MmaSums = float[Block::fragments_m][Block::fragments_n][4];

template <class Block>
__device__ __forceinline__ int mma_warp_row() {
  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes;
  return warp / Block::warps_n * Block::fragments_m * 16;
}
template <class Block>
__device__ __forceinline__ int mma_warp_column() {
  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes;
  return warp % Block::warps_n * Block::fragments_n * 8;
}

template <class A, class B, class Block, int kWidth>
__device__ __forceinline__ void mma_stage(MmaSums<Block>& sums, Shared<uint32_t> memory, int word) {
  using Layout = MmaLayout<A, B, Block, kWidth>;
  using T = typename A::Element;
#pragma unroll
  for (int slice = 0; slice < kMmaSlices; ++slice) {
    uint32_t a[Block::fragments_m][4], b[Block::fragments_n][2];
    load_a<typename Layout::TileA>(a, memory, word, mma_warp_row<Block>(), slice);
    load_b<typename Layout::TileB>(b, memory, word + Layout::TileA::kTileWords,
                                   mma_warp_column<Block>(), slice);
#pragma unroll
    for (int i = 0; i < Block::fragments_m; ++i) {
#pragma unroll
      for (int j = 0; j < Block::fragments_n; ++j) ptx::mma<T>(sums[i][j], a[i], b[j]);
    }
  }
}

// Adds steps [first_step, end) of the tile that begins at (first_row, first_column).
template <class A, class B, class Block, int kWidth>
__device__ __forceinline__ void mma_sum_tile(MmaSums<Block>& sums, const A& a, const B& b,
                                             const MmaCut& cut, const MmaCut::Place& place,
                                             int64_t first_step, int64_t end) {
  using Layout = MmaLayout<A, B, Block, kWidth>;
  constexpr int kDepth = kMmaDepth<typename A::Element>;
  Shared<uint32_t> memory = shared<uint32_t>(0, Layout::words);
  const typename Layout::TileA tile_a(a, place.first_row, cut.m);
  const typename Layout::TileB tile_b(b, place.first_column, cut.n);
  const int tiles = end > first_step ? static_cast<int>((end - first_step - 1) / kDepth) + 1 : 0;
  const auto copy = [&](int tile, int stage) {
    if (tile < tiles) {
      const int64_t step = first_step + static_cast<int64_t>(tile) * kDepth;
      const int word = stage * Layout::stage_words;
      tile_a.copy(a, step, end, memory, word);
      tile_b.copy(b, step, end, memory, word + Layout::TileA::kTileWords);
    }
    ptx::cp_async_commit_group();  // empty ones keep the count
  };
#pragma unroll
  for (int stage = 0; stage < Block::stages - 1; ++stage) copy(stage, stage);
  int stage = 0;
  for (int tile = 0; tile < tiles; ++tile) {
    ptx::cp_async_wait_group<Block::stages - 2>();
    __syncthreads();  // the tile is there for all, and all have left the stage filled next
    copy(tile + Block::stages - 1, stage == 0 ? Block::stages - 1 : stage - 1);
    mma_stage<A, B, Block, kWidth>(sums, memory, stage * Layout::stage_words);
    stage = stage == Block::stages - 1 ? 0 : stage + 1;
  }
}

// Where sums go: data = activation(sums + bias), or where the sum is cut, partial[slice] = sums.
template <class T, class U>
struct MmaOutput {
  Global<U> data;
  Global<float> partial;  // (slices, size), or null
  int64_t size;           // elements of data
  int64_t columns;        // of a group
  Global<const T> bias;   // (groups * columns), or null
  ActivationKind activation;
  bool paired;  // two neighbouring columns may be written at once

  __device__ __forceinline__ void store(const MmaCut::Place& place, int64_t row_offset,
                                        int64_t column, float (&sums)[2]) const {
    const int64_t at = row_offset + place.group * columns + column;
    const int count = column + 1 < columns ? 2 : 1;
    if (partial != nullptr) {
      const int64_t slice = place.slice * size;
      for (int i = 0; i < count; ++i) partial[slice + at + i] = sums[i];
      return;
    }
    for (int i = 0; i < count; ++i) {
      if (bias != nullptr) {
        const T offset = bias[place.group * columns + column + i];
        sums[i] += widen(offset);
      }
      sums[i] = activate<float>(sums[i], activation);
    }
    if (paired && count == 2) {
      store_pair<U>(data, at, sums[0], sums[1]);
    } else {
      for (int i = 0; i < count; ++i) data[at + i] = narrow<U>(sums[i]);
    }
  }
};

// row_offset(i) is where row i of C begins in the output.
template <class Block, class Output, class RowOffset>
__device__ __forceinline__ void mma_store(const MmaSums<Block>& sums, const Output& output,
                                          const MmaCut& cut, const MmaCut::Place& place,
                                          RowOffset row_offset) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
#pragma unroll
  for (int i = 0; i < Block::fragments_m; ++i) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int64_t row = place.first_row + mma_warp_row<Block>() + i * 16 + half * 8 + lane / 4;
      if (row >= cut.m) continue;
      const int64_t offset = row_offset(row);
#pragma unroll
      for (int j = 0; j < Block::fragments_n; ++j) {
        const int64_t column = place.first_column + mma_warp_column<Block>() + j * 8 + lane % 4 * 2;
        if (column >= cut.n) continue;
        float two[2] = {sums[i][j][2 * half], sums[i][j][2 * half + 1]};
        output.store(place, offset, column, two);
      }
    }
  }
}

// The body of a product's kernel whose rows lie row_pitch apart.
template <class A, class B, class Block, int kWidth, class Output>
__device__ __forceinline__ void mma_multiply(const A& a, const B& b, const Output& output,
                                             const MmaCut& cut, const MmaCut::Place& place,
                                             int64_t row_pitch) {
  const int64_t first_step = place.slice * cut.slice_steps;
  const int64_t end = first_step + cut.slice_steps < cut.k ? first_step + cut.slice_steps : cut.k;
  MmaSums<Block> sums = {};
  mma_sum_tile<A, B, Block, kWidth>(sums, a, b, cut, place, first_step, end);
  mma_store<Block>(sums, output, cut, place, [&](int64_t row) { return row * row_pitch; });
}

template <class T, class U>
struct MmaAddSlicesParams {
  Global<const float> partial;  // (slices, size)
  Global<U> data;               // (size)
  int64_t slices, size;
  Global<const T> bias;  // (columns), or null
  Divisor columns;       // bias of element i: i mod columns
  ActivationKind activation;
};

// One thread adds one element of all slices, left to right, and ends as a product does.
template <class T, class U>
__global__ void mma_add_slices_kernel(MmaAddSlicesParams<T, U> p) {
  const int64_t i = global_thread();
  if (i >= p.size) return;
  float sum = p.partial[i];
  for (int64_t slice = 1; slice < p.slices; ++slice) sum += p.partial[slice * p.size + i];
  if (p.bias != nullptr) {
    const T offset = p.bias[p.columns.rest(i, p.columns.divide(i))];
    sum += widen(offset);
  }
  p.data[i] = narrow<U>(activate<float>(sum, p.activation));
}

}  // namespace pyconv
