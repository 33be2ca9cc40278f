// SPDX-License-Identifier: BSD-3-Clause
// Runs a grid on the host: blocks in seeded random order, the threads of a block as fibers that
// meet at barriers, shuffles and votes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simt_host/memory.hpp"

namespace pyconv::simt {

constexpr int kWarp = 32;

struct Block;

// What a fiber needs to know of itself.
struct Thread {
  Block* block;
  int32_t index;
  int32_t lane() const { return index % kWarp; }
  int32_t warp() const { return index / kWarp; }
};

enum class Meeting : uint8_t { kNone, kThreads, kWarp, kShuffle, kVote, kLdmatrix, kMma };

// The warp's meeting point. Deposits become results when the last lane arrives.
struct Warp {
  uint32_t epoch = 0;  // __syncwarp completed
  uint64_t deposit[kWarp] = {};
  uint64_t result[kWarp] = {};
  int32_t source[kWarp] = {};       // the lane whose deposit a shuffle takes
  const void* brought[kWarp] = {};  // to an instruction of the whole warp
};

// What the current launch and block look like to the threads.
struct Block {
  const char* kernel;
  int64_t number;
  int64_t grid;
  int32_t threads;
  uint32_t launch_stamp;
  uint32_t block_stamp;
  uint32_t epoch = 0;  // __syncthreads completed
  std::vector<Warp> warps;
  std::vector<std::byte>* shared;
  std::vector<Word>* shared_words;
  std::vector<bool>* shared_filled;
  uint64_t seed;
};

// The thread that runs now; null outside kernels. (__thread: no initialisation guard per access.)
extern __thread Thread* current;

[[noreturn]] void fail(const std::string& what);

// `run` is the kernel with its parameters.
void run_grid(const char* kernel, int64_t grid, int block, int64_t shared_bytes,
              void (*run)(const void* context), const void* context);

void meet_threads(const char* file, int line);
void meet_warp(unsigned mask, const char* file, int line);
uint64_t shuffle(unsigned mask, uint64_t value, int source, const char* file, int line);
unsigned vote(unsigned mask, bool value, const char* file, int line);
// An instruction of a whole warp: the last lane runs `complete` on what the 32 lanes brought.
void meet_instruction(Meeting meeting, const void* brought,
                      void (*complete)(const void* const* brought), const char* file, int line);

// An operation is one call from Python: its buffers live until the next one begins.
void begin_operation();
void end_operation();

uint64_t schedule_seed();
void set_schedule_seed(uint64_t seed);

}  // namespace pyconv::simt
