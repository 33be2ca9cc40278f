// SPDX-License-Identifier: BSD-3-Clause
// dx (n*h*w, c) = windows over dy (n*h*w, taps*f) kernel^T (taps*f, c), group by group: one block
// sums a tile of image pixels x channels. Strides cut the pixels into classes that meet different
// taps, each a product of its own; several of them share a grid.
#pragma once

#include "ops/tile_product.cuh"
#include "ops/windows.cuh"

namespace pyconv {

constexpr int kMergedProducts = 4;  // parameters of a launch end at 4 KB
constexpr size_t kParameterBytes = 4096;

template <class T, class A, class B>
struct MergedProducts {
  Product<T, A, B> parts[kMergedProducts];
  Divisor blocks_of_part;
};

template <class T, class Block, class A, class B>
__global__ void __launch_bounds__(kTileThreads, (kResidentBlocks<T, Block, A, B>))
    conv2d_backward_data_kernel(const MergedProducts<T, A, B> p) {
  // A product has four arrays, which the host's layer tells by more than an address.
  constexpr size_t kBeyondAddresses = kMergedProducts * 4 * (sizeof(Global<T>) - sizeof(T*));
  static_assert(sizeof(p) - kBeyondAddresses <= kParameterBytes, "the device takes no more");
  const int64_t part = p.blocks_of_part.divide(blockIdx.x);
  const int64_t block = p.blocks_of_part.rest(blockIdx.x, part);
  const Product<T, A, B>& product = p.parts[part];
  if (block < product.blocks) multiply_block<Block>(product, block);
}

}  // namespace pyconv
