// SPDX-License-Identifier: BSD-3-Clause
// How tiles of the operands lie in shared memory, how they come there and how fragments leave.
// Rows are padded so that neither way has a bank conflict:
//   steps along memory:  a row is a line's 64 bytes of steps, 80 bytes apart (an odd number of 16)
//   lines along memory:  a row is a step's lines, 16 (16-bit) or 32 (tf32) bytes of padding after
// A word is two 16-bit elements or one tf32.
#pragma once

#include "ops/mma_operand.cuh"
#include "ptx.cuh"

namespace pyconv {

constexpr int kMmaWords = 16;  // words of steps in a tile: 32 steps of 16 bits, 16 of tf32
constexpr int kMmaSlices = 2;  // a fragment takes 8 words of them
template <class T>
constexpr int kMmaEach = 4 / static_cast<int>(sizeof(T));  // elements of a word
template <class T>
constexpr int kMmaDepth = kMmaWords * kMmaEach<T>;

// A tile of kLines lines of an operand, copied by kThreads threads, kWidth bytes at a time: 16, or
// 4, or an element of 2, which no asynchronous copy moves.
template <class Operand, int kLines, int kThreads, int kWidth>
struct MmaTile {
  using T = typename Operand::Element;
  static constexpr bool kStepFastest = Operand::step_fastest;
  static constexpr int kRows = kStepFastest ? kLines : kMmaDepth<T>;
  static constexpr int kRowWords = kStepFastest ? kMmaWords : kLines / kMmaEach<T>;
  static constexpr int kPad = kStepFastest ? 4 : (sizeof(T) == 2 ? 4 : 8);
  static constexpr int kPitch = kRowWords + kPad;
  static constexpr int kTileWords = kRows * kPitch;

  static constexpr int kChunkWords = kWidth == 16 ? 4 : 1;
  static constexpr int kChunks = kRowWords / kChunkWords;  // of a row
  static constexpr int kMoves = kRows * kChunks / kThreads;
  static constexpr int kPieces = kWidth < 4 ? kMmaEach<T> : 1;  // read one by one
  static constexpr int kChunkElements = kChunkWords * kMmaEach<T>;
  static_assert(kRows * kChunks % kThreads == 0, "every thread copies as much");
  static_assert(kStepFastest || kThreads % kChunks == 0, "a thread keeps its lines");
  static_assert(kWidth == 16 || kWidth == 4 || kWidth == sizeof(T), "16 bytes, a word, an element");

  typename Operand::Line lines[kStepFastest ? kMoves : kPieces];

  // Rows and chunks are dealt so that the copies of 8 lanes (16 bytes) or 32 (words) meet every
  // bank once, and two lanes share a sector of 32 bytes.
  static __device__ __forceinline__ int row(int move) {
    const int thread = static_cast<int>(threadIdx.x);
    if constexpr (!kStepFastest) return thread / kChunks + move * (kThreads / kChunks);
    const int lane = thread % kWarpLanes;
    const int unit = move * (kThreads / kWarpLanes) + thread / kWarpLanes;
    if constexpr (kChunkWords == 4) {  // 8 rows: even ones, then odd ones
      return unit * 8 + lane % 8 / 2 * 2 + lane / 8 % 2;
    } else {  // rows j and j + 4
      return unit / 4 * 8 + unit % 4 + lane / 16 * 4;
    }
  }
  static __device__ __forceinline__ int chunk() {
    const int thread = static_cast<int>(threadIdx.x);
    if constexpr (!kStepFastest) return thread % kChunks;
    const int lane = thread % kWarpLanes;
    return kChunkWords == 4 ? lane / 16 * 2 + lane % 2 : lane % 16;
  }

  __device__ __forceinline__ MmaTile(const Operand& operand, int64_t first, int64_t end) {
    if constexpr (kStepFastest) {
#pragma unroll
      for (int move = 0; move < kMoves; ++move) {
        lines[move] = operand.line(first + row(move), end);
      }
    } else {
#pragma unroll
      for (int piece = 0; piece < kPieces; ++piece) {
        lines[piece] = operand.line(first + chunk() * kChunkElements + piece, end);
      }
    }
  }

  // Copies the steps from `first` on to the tile that begins at a word; complete after the wait and
  // the barrier.
  __device__ __forceinline__ void copy(const Operand& operand, int64_t first, int64_t end,
                                       Shared<uint32_t> memory, int word) const {
    if constexpr (kStepFastest) {
      typename Operand::Step steps[kPieces];
#pragma unroll
      for (int piece = 0; piece < kPieces; ++piece) {
        steps[piece] = operand.step(first + chunk() * kChunkElements + piece, end);
      }
#pragma unroll
      for (int move = 0; move < kMoves; ++move) {
        int64_t places[kPieces];
#pragma unroll
        for (int piece = 0; piece < kPieces; ++piece) {
          places[piece] = operand.at(lines[move], steps[piece]);
        }
        put(operand, places, memory, word + row(move) * kPitch + chunk() * kChunkWords);
      }
    } else {
#pragma unroll
      for (int move = 0; move < kMoves; ++move) {
        const typename Operand::Step step = operand.step(first + row(move), end);
        int64_t places[kPieces];
#pragma unroll
        for (int piece = 0; piece < kPieces; ++piece) {
          places[piece] = operand.at(lines[piece], step);
        }
        put(operand, places, memory, word + row(move) * kPitch + chunk() * kChunkWords);
      }
    }
  }

  static __device__ __forceinline__ void put(const Operand& operand,
                                             const int64_t (&places)[kPieces],
                                             Shared<uint32_t> memory, int word) {
    if constexpr (kWidth >= 4) {
      ptx::cp_async<kWidth, T>(memory, word, operand.data, places[0], places[0] >= 0);
    } else {
      uint32_t packed = 0;
#pragma unroll
      for (int piece = 0; piece < kPieces; ++piece) {
        if (places[piece] >= 0) {
          const T element = operand.data[places[piece]];
          packed |= static_cast<uint32_t>(element.bits) << (16 * piece);
        }
      }
      memory[word] = packed;
    }
  }
};

template <class T>
__device__ __forceinline__ uint32_t mma_word(uint32_t word) {
  if constexpr (sizeof(T) == 4) return ptx::to_tf32(word);
  return word;
}

// Fragments of A: kCount times 16 lines from `line` on, 8 words of steps from slice * 8 on.
template <class Tile, int kCount>
__device__ __forceinline__ void load_a(uint32_t (&a)[kCount][4], Shared<uint32_t> memory, int word,
                                       int line, int slice) {
  using T = typename Tile::T;
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
#pragma unroll
  for (int i = 0; i < kCount; ++i) {
    const int first = line + i * 16;
    if constexpr (Tile::kStepFastest) {
      ptx::ldmatrix<4, false>(
          a[i], memory, word + (first + lane % 16) * Tile::kPitch + slice * 8 + lane / 16 * 4);
    } else if constexpr (sizeof(T) == 2) {
      const int step = slice * 16 + lane / 16 * 8 + lane % 8;
      ptx::ldmatrix<4, true>(a[i], memory,
                             word + step * Tile::kPitch + (first + lane / 8 % 2 * 8) / 2);
    } else {
      const int at = word + (slice * 8 + lane % 4) * Tile::kPitch + first + lane / 4;
      a[i][0] = memory[at];
      a[i][1] = memory[at + 8];
      a[i][2] = memory[at + 4 * Tile::kPitch];
      a[i][3] = memory[at + 4 * Tile::kPitch + 8];
    }
#pragma unroll
    for (int j = 0; j < 4; ++j) a[i][j] = mma_word<T>(a[i][j]);
  }
}

// Fragments of B: kCount times 8 lines, likewise.
template <class Tile, int kCount>
__device__ __forceinline__ void load_b(uint32_t (&b)[kCount][2], Shared<uint32_t> memory, int word,
                                       int line, int slice) {
  using T = typename Tile::T;
  static_assert(kCount % 2 == 0, "ldmatrix brings two fragments at a time");
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
#pragma unroll
  for (int j = 0; j < kCount; j += 2) {
    const int first = line + j * 8;
    if constexpr (!Tile::kStepFastest && sizeof(T) == 4) {
      const int at = word + (slice * 8 + lane % 4) * Tile::kPitch + first + lane / 4;
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        b[j + i][0] = memory[at + i * 8];
        b[j + i][1] = memory[at + 4 * Tile::kPitch + i * 8];
      }
    } else {
      uint32_t both[4];
      if constexpr (Tile::kStepFastest) {
        const int row = first + lane % 8 + lane / 16 * 8;
        ptx::ldmatrix<4, false>(both, memory,
                                word + row * Tile::kPitch + slice * 8 + lane / 8 % 2 * 4);
      } else {
        const int step = slice * 16 + lane / 8 % 2 * 8 + lane % 8;
        ptx::ldmatrix<4, true>(both, memory,
                               word + step * Tile::kPitch + (first + lane / 16 * 8) / 2);
      }
#pragma unroll
      for (int i = 0; i < 4; ++i) b[j + i / 2][i % 2] = both[i];
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) b[j + i / 2][i % 2] = mma_word<T>(b[j + i / 2][i % 2]);
  }
}

}  // namespace pyconv
