// SPDX-License-Identifier: BSD-3-Clause
// What launchers of tensor-core products share: how a product is cut, by its shape alone, and how
// much is copied at a time.
#pragma once

#include <initializer_list>

#include "device.hpp"
#include "launch.cuh"
#include "ops/mma_product.cuh"
#include "ops/product.hpp"

namespace pyconv {

constexpr int64_t kMmaWantedBlocks = 264;  // two waves of 132 multiprocessors
constexpr int64_t kMmaSliceSteps = 1024;   // a shorter sum is not worth a slice

// Tests ask for a block's size: 0 small, 1 large; -1: by the shape.
inline thread_local int mma_forced_block = -1;

struct MmaPlan {
  bool large;
  int64_t slices;
};

inline int64_t mma_tiles(int64_t m, int64_t n, bool large) {
  const int64_t side = large ? MmaLargeBlock::tile_m : MmaSmallBlock::tile_m;
  return blocks(m, side) * blocks(n, side);
}

// `parts` are groups and classes, each a product of its own; no slices where nothing can hold them.
inline MmaPlan mma_plan(int64_t m, int64_t n, int64_t k, int64_t parts, bool may_slice) {
  const int64_t most = may_slice && k > kMmaSliceSteps ? blocks(k, kMmaSliceSteps) : 1;
  const bool large = m > MmaSmallBlock::tile_m && n > MmaSmallBlock::tile_n &&
                     mma_tiles(m, n, true) * parts * most >= kMmaWantedBlocks / 2;
  const int64_t tiles = mma_tiles(m, n, large) * parts;
  int64_t slices = 1;
  if (tiles > 0 && tiles < kMmaWantedBlocks / 2) slices = blocks(kMmaWantedBlocks, tiles);
  return {large, slices < most ? slices : most};
}

// Fills in how the grid is cut; returns its blocks. `rest` counts what a pass adds.
template <class T>
int64_t mma_cut_grid(MmaCut& cut, const MmaPlan& plan, bool large, int64_t groups, int64_t rest) {
  const int64_t side = large ? MmaLargeBlock::tile_m : MmaSmallBlock::tile_m;
  const int64_t tiles_m = blocks(cut.m, side), tiles_n = blocks(cut.n, side);
  cut.tiles_m = divisor(tiles_m);
  cut.tiles_n = divisor(tiles_n);
  cut.slices = divisor(plan.slices);
  cut.groups = divisor(groups);
  cut.slice_steps = blocks(blocks(cut.k, plan.slices), kMmaDepth<T>) * kMmaDepth<T>;
  return tiles_m * tiles_n * plan.slices * groups * rest;
}

// Bytes that every copy may have: 16, 4 or an element's. `lengths` are in elements: where vectors
// may begin and end.
template <class T>
int mma_width(std::initializer_list<int64_t> lengths, std::initializer_list<const void*> arrays) {
  for (const int width : {16, 4}) {
    bool fits = true;
    for (const int64_t length : lengths) {
      fits &= length * static_cast<int64_t>(sizeof(T)) % width == 0;
    }
    for (const void* array : arrays) fits &= reinterpret_cast<uintptr_t>(array) % width == 0;
    if (fits) return width;
  }
  return static_cast<int>(sizeof(T));
}

inline bool mma_is_large(const MmaPlan& plan, int width) {
  return width == 16 && (mma_forced_block < 0 ? plan.large : mma_forced_block == 1);
}

// Whether two neighbouring columns of an output may be written at once.
template <class U>
bool mma_paired(const U* data, int64_t columns, int64_t pitch) {
  return columns % 2 == 0 && pitch % 2 == 0 &&
         reinterpret_cast<uintptr_t>(data) % (2 * sizeof(U)) == 0;
}

// Calls body(block, width) with values of the types MmaSmallBlock or MmaLargeBlock and
// std::integral_constant<int, 16, 4 or 2>. kWords: 16-bit elements have a way of two at a time.
template <class T, bool kWords, class Body>
void mma_dispatch(bool large, int width, Body body) {
  if (large) {
    body(MmaLargeBlock{}, std::integral_constant<int, 16>{});
  } else if (width == 16) {
    body(MmaSmallBlock{}, std::integral_constant<int, 16>{});
  } else if (sizeof(T) == 4 || (kWords && width == 4)) {
    if constexpr (sizeof(T) == 4 || kWords) {
      body(MmaSmallBlock{}, std::integral_constant<int, 4>{});
    }
  } else if constexpr (sizeof(T) == 2) {
    body(MmaSmallBlock{}, std::integral_constant<int, 2>{});
  }
}

template <class T>
void mma_require_device(const char* operation) {
  const bool half = std::is_same_v<T, Float16>;
  require_capability(operation, half ? 75 : 80);
}

// Adds the slices of a product where there are several.
template <class T, class U>
void mma_finish(const MmaPlan& plan, const MmaOutput<T, U>& output, int64_t bias_columns,
                void* stream) {
  if (plan.slices == 1) return;
  const MmaAddSlicesParams<T, U> params{output.partial,   output.data, plan.slices,
                                        output.size,      output.bias, divisor(bias_columns),
                                        output.activation};
  PYCONV_LAUNCH((mma_add_slices_kernel<T, U>), blocks(output.size, kThreads), kThreads, 0, stream,
                params);
}

// Pieces of a workspace, each aligned.
class Room {
 public:
  static constexpr int64_t kAlignment = 256;

  explicit Room(void* address) : next_(static_cast<char*>(address)) {}
  template <class T>
  T* take(int64_t count) {
    T* taken = reinterpret_cast<T*>(next_);
    const int64_t bytes = blocks(count * static_cast<int64_t>(sizeof(T)), kAlignment) * kAlignment;
    used_ += bytes;
    if (next_ != nullptr) next_ += bytes;
    return taken;
  }
  int64_t used() const { return used_; }

 private:
  char* next_;
  int64_t used_ = 0;
};

}  // namespace pyconv
