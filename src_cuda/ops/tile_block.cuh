// SPDX-License-Identifier: BSD-3-Clause
// How a block of 256 threads sums a tile of C = A B: pieces of A and B pass through shared memory,
// two of them at a time, while the next ones travel to registers.
//
// A warp has a part of the tile, 8 x 4 lanes; a lane's sums lie in groups of neighbours, so that it
// reads its lines of a step by accesses of 16 bytes. No access of shared memory meets a bank
// conflict.
#pragma once

#include "ops/operand.cuh"

namespace pyconv {

constexpr int kTileThreads = 256;
constexpr int kWarpRows = 2, kWarpColumns = 4;  // warps along either side of the tile
constexpr int kLaneRows = 8, kLaneColumns = 4;
static_assert(kWarpRows * kWarpColumns * kWarpLanes == kTileThreads, "warps cover the tile");

// kRows x kColumns sums a thread; pieces of kDepth steps. Larger tiles read less per product,
// smaller ones waste less at the borders of small outputs.
template <int kRows, int kColumns, int kDepth>
struct TileBlock {
  static constexpr int rows = kRows, columns = kColumns, depth = kDepth;
  static constexpr int tile_m = kWarpRows * kLaneRows * kRows;
  static constexpr int tile_n = kWarpColumns * kLaneColumns * kColumns;
};
using WideBlock = TileBlock<8, 8, 8>;     // 128 x 128: 64 sums leave room for two blocks
using NarrowBlock = TileBlock<8, 2, 16>;  // 128 x 32: few filters
using SmallBlock = TileBlock<4, 4, 16>;   // 64 x 64

// Blocks that share a multiprocessor hide each other's waiting: two in 128 registers a thread.
// Reads of single elements, sums of float64, and 64 sums of operands whose lines are both
// neighbours in memory leave room for one.
template <class T, class Block, class A, class B>
constexpr int kResidentBlocks =
    sizeof(T) > 4 || A::width == 1 || B::width == 1 ||
            (Block::rows * Block::columns == 64 && !A::step_fastest && !B::step_fastest)
        ? 1
        : 2;
// For kernels that walk over windows beside 64 sums: a few registers more than two blocks have.
template <class T, class Block, class A, class B>
constexpr int kRoomyBlocks =
    Block::rows * Block::columns == 64 ? 1 : kResidentBlocks<T, Block, A, B>;

// Steps of a piece that a turn of the loop adds: all of them, but where nvcc moves the reads of an
// unrolled piece so far ahead of 64 sums that their blocks outgrow their registers. So it does
// beside packs of windows and filters, and from compute capability 10.0 on everywhere, most of all
// where both operands' steps are neighbours in memory.
template <class Block, class A, class B>
constexpr int kUnrolledSteps =
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 1000
    Block::rows * Block::columns != 64   ? Block::depth
    : A::step_fastest && B::step_fastest ? 1
                                         : 2;
#else
    Block::rows * Block::columns == 64 && A::walks_windows && A::width > 1 && B::step_fastest
        ? 2
        : Block::depth;
#endif

constexpr int kChunk = 8;  // steps that neighbouring threads read together

// A row of `kTilePitch` elements holds one step. It is 16 bytes longer than the lines: then the
// chunk of a line lies in as many banks as it has steps, whichever way it is written.
template <class T, int kLines>
constexpr int kTilePitch = kLines + kPackOf<T>;
template <class T, int kLines, int kDepth>
constexpr int kPieceBytes = kDepth * kTilePitch<T, kLines> * static_cast<int>(sizeof(T));
template <class T, class Block>
constexpr int kTileBytes =
    2 * (kPieceBytes<T, Block::tile_m, Block::depth> + kPieceBytes<T, Block::tile_n, Block::depth>);

constexpr int at_least_1(int value) { return value < 1 ? 1 : value; }
constexpr int at_most(int limit, int value) { return value < limit ? value : limit; }

// Carries a thread's share of one operand's pieces: fetch() to registers, put() to shared memory.
template <class T, class M, int kLines, int kDepth>
struct Carrier {
  static constexpr int kWidth = M::width;
  // Threads that lie along the fastest index, and what the block covers in one move.
  static constexpr int kAcross = (M::step_fastest ? kChunk : kLines) / kWidth;
  static constexpr int kLinesAtOnce =
      M::step_fastest ? at_most(kLines, kTileThreads / kAcross) : kLines;
  static constexpr int kStepsAtOnce = M::step_fastest
                                          ? at_least_1(kTileThreads / (kAcross * kLines)) * kChunk
                                          : kTileThreads / kAcross;
  static constexpr int kLineMoves = kLines / kLinesAtOnce;
  static constexpr int kStepMoves = at_least_1(kDepth / kStepsAtOnce);
  static_assert(kDepth % kChunk == 0 && kAcross <= kTileThreads, "a piece is made of whole chunks");

  Place3 lines[kLineMoves], steps[kStepMoves];
  int first_steps[kLineMoves];  // kDepth for lines beyond the operand: no step of theirs is read
  Pack<T, kWidth> held[kLineMoves][kStepMoves];

  static __device__ __forceinline__ int first_line() {
    const int t = static_cast<int>(threadIdx.x);
    return M::step_fastest ? t / kAcross % kLinesAtOnce : t % kAcross * kWidth;
  }
  static __device__ __forceinline__ int first_step() {
    const int t = static_cast<int>(threadIdx.x);
    return M::step_fastest ? t / (kAcross * kLinesAtOnce) * kChunk + t % kAcross * kWidth
                           : t / kAcross;
  }
  // Small pieces leave some threads without a share.
  static __device__ __forceinline__ bool has_share() {
    return kStepsAtOnce <= kDepth || first_step() < kDepth;
  }

  __device__ __forceinline__ Carrier(const M& operand, int64_t group, int64_t line, int64_t end,
                                     int64_t step) {
#pragma unroll
    for (int i = 0; i < kLineMoves; ++i) {
      const int64_t at = line + first_line() + i * kLinesAtOnce;
      first_steps[i] = at < end ? first_step() : kDepth;
      lines[i] = operand.line(at);
      lines[i].offset += operand.group_offset(group);
    }
#pragma unroll
    for (int j = 0; j < kStepMoves; ++j) {
      steps[j] = operand.step(step + first_step() + j * kStepsAtOnce);
      // One line's offset costs no register of its own.
      if constexpr (kLineMoves == 1) steps[j].offset += lines[0].offset;
    }
    if constexpr (kLineMoves == 1) lines[0].offset = 0;
  }

  // Reads a piece, of which `count` steps are in the sum; the next call reads the one after it.
  __device__ __forceinline__ void fetch(const M& operand, int count) {
    if (!has_share()) return;
#pragma unroll
    for (int j = 0; j < kStepMoves; ++j) {
#pragma unroll
      for (int i = 0; i < kLineMoves; ++i) {
        held[i][j] = operand.read(lines[i], steps[j], first_steps[i] + j * kStepsAtOnce < count);
      }
      operand.advance(steps[j]);
    }
  }

  __device__ __forceinline__ void put(Shared<T> piece) const {
    constexpr int kPitch = kTilePitch<T, kLines>;
    if (!has_share()) return;
#pragma unroll
    for (int j = 0; j < kStepMoves; ++j) {
#pragma unroll
      for (int i = 0; i < kLineMoves; ++i) {
        const int at = (first_step() + j * kStepsAtOnce) * kPitch + first_line() + i * kLinesAtOnce;
        if constexpr (M::step_fastest) {
#pragma unroll
          for (int e = 0; e < kWidth; ++e) piece[at + e * kPitch] = held[i][j][e];
        } else {
          write_pack(piece, at, held[i][j]);
        }
      }
    }
  }
};

// A thread's lines of one operand: the first one, and how far its groups of neighbours lie apart.
template <class T, int kSums, int kLanes>
struct LaneLines {
  static constexpr int kGroup = at_most(kPackOf<T>, kSums);
  static constexpr int kGroups = kSums / kGroup;
  static constexpr int kApart = kLanes * kGroup;

  static __device__ __forceinline__ int first(int warp, int lane) {
    return warp * kLanes * kSums + lane * kGroup;
  }
  static __device__ __forceinline__ int of(int sum) { return sum / kGroup * kApart + sum % kGroup; }
};
template <class T, class Block>
using LaneRows = LaneLines<T, Block::rows, kLaneRows>;
template <class T, class Block>
using LaneColumns = LaneLines<T, Block::columns, kLaneColumns>;

template <class T, class Block>
__device__ __forceinline__ int lane_row() {
  const int t = static_cast<int>(threadIdx.x);
  return LaneRows<T, Block>::first(t / kWarpLanes / kWarpColumns, t % kWarpLanes / kLaneColumns);
}
template <class T, class Block>
__device__ __forceinline__ int lane_column() {
  const int t = static_cast<int>(threadIdx.x);
  return LaneColumns<T, Block>::first(t / kWarpLanes % kWarpColumns, t % kLaneColumns);
}

template <class Lines, class T, int kSums>
__device__ __forceinline__ void read_lines(T (&values)[kSums], Shared<T> piece, int first) {
#pragma unroll
  for (int g = 0; g < Lines::kGroups; ++g) {
    const auto pack = read_pack<Lines::kGroup>(piece, first + g * Lines::kApart);
#pragma unroll
    for (int e = 0; e < Lines::kGroup; ++e) values[g * Lines::kGroup + e] = pack[e];
  }
}

// What a block adds up beside its tile: nothing.
struct NoColumnSums {
  template <class T>
  __device__ __forceinline__ void add(Shared<T> /*piece*/) const {}
};
// The sums of B's columns over the steps, one column a thread: short sums in T, then in double.
// They wait in shared memory behind the pieces, where they cost no registers.
template <class T, class Block>
struct ColumnSums {
  static constexpr int kBytes = Block::tile_n * static_cast<int>(sizeof(double));
  bool wanted;

  __device__ __forceinline__ explicit ColumnSums(bool wanted_by_block)
      : wanted(wanted_by_block && static_cast<int>(threadIdx.x) < Block::tile_n) {
    if (wanted) sums()[threadIdx.x] = 0.0;
  }
  __device__ __forceinline__ Shared<double> sums() const {
    return shared<double>(kTileBytes<T, Block>, Block::tile_n);
  }
  __device__ __forceinline__ void add(Shared<T> piece) const {
    if (!wanted) return;
    const int column = static_cast<int>(threadIdx.x);
    T part = 0;
#pragma unroll 1  // registers are the tile's
    for (int step = 0; step < Block::depth; ++step) {
      part += piece[step * kTilePitch<T, Block::tile_n> + column];
    }
    sums()[column] += static_cast<double>(part);
  }
};

// Adds steps [first_step, end) of the tile that begins at (row, column) of an m x n product.
template <class Block, class T, class A, class B, class Beside>
__device__ __forceinline__ void sum_tile(const A& a, const B& b, int64_t group, int64_t row,
                                         int64_t m, int64_t column, int64_t n, int64_t first_step,
                                         int64_t end, T (&sums)[Block::rows][Block::columns],
                                         const Beside& beside) {
  constexpr int kDepth = Block::depth;
  constexpr int kSizeA = kDepth * kTilePitch<T, Block::tile_m>;
  constexpr int kSizeB = kDepth * kTilePitch<T, Block::tile_n>;
  constexpr int kBytesA = kPieceBytes<T, Block::tile_m, kDepth>;
  constexpr int kBytesB = kPieceBytes<T, Block::tile_n, kDepth>;
  const auto piece_a = [](int half) { return shared<T>(half * (kBytesA + kBytesB), kSizeA); };
  const auto piece_b = [](int half) {
    return shared<T>(half * (kBytesA + kBytesB) + kBytesA, kSizeB);
  };
  Carrier<T, A, Block::tile_m, kDepth> carrier_a(a, group, row, m, first_step);
  Carrier<T, B, Block::tile_n, kDepth> carrier_b(b, group, column, n, first_step);
  const int lane_m = lane_row<T, Block>(), lane_n = lane_column<T, Block>();

  const int64_t count = end - first_step;
  const int pieces = count > 0 ? static_cast<int>((count + kDepth - 1) / kDepth) : 0;
  const int last =
      static_cast<int>(count - (pieces - int64_t{1}) * kDepth);  // steps of the last one
  const auto steps_of = [&](int piece) { return piece + 1 < pieces ? kDepth : last; };
  if (pieces > 0) {
    carrier_a.fetch(a, steps_of(0));
    carrier_b.fetch(b, steps_of(0));
    carrier_a.put(piece_a(0));
    carrier_b.put(piece_b(0));
  }
  __syncthreads();
  int half = 0;
  for (int piece = 0; piece < pieces; ++piece) {
    const bool more = piece + 1 < pieces;
    if (more) {
      carrier_a.fetch(a, steps_of(piece + 1));
      carrier_b.fetch(b, steps_of(piece + 1));
    }
    const Shared<T> left = piece_a(half), right = piece_b(half);
#pragma unroll(kUnrolledSteps<Block, A, B>)
    for (int step = 0; step < kDepth; ++step) {
      T of_a[Block::rows], of_b[Block::columns];
      read_lines<LaneRows<T, Block>>(of_a, left, step * kTilePitch<T, Block::tile_m> + lane_m);
      read_lines<LaneColumns<T, Block>>(of_b, right, step * kTilePitch<T, Block::tile_n> + lane_n);
#pragma unroll
      for (int i = 0; i < Block::rows; ++i) {
#pragma unroll
        for (int j = 0; j < Block::columns; ++j) sums[i][j] += of_a[i] * of_b[j];
      }
    }
    beside.add(right);
    if (more) {
      half ^= 1;
      carrier_a.put(piece_a(half));
      carrier_b.put(piece_b(half));
      __syncthreads();
    }
  }
}

}  // namespace pyconv
