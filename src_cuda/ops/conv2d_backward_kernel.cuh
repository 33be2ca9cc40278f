// SPDX-License-Identifier: BSD-3-Clause
// dkernel (kh*kw*c, f) = im2col(x)^T (kh*kw*c, n*oh*ow) dy (n*oh*ow, f), group by group, and dbias
// (f) = the sums of dy's columns, which the blocks of the first rows add up beside their tiles. The
// sum over pixels is cut into slices by the shape alone; add_slices.cuh adds them left to right.
#pragma once

#include "ops/tile_product.cuh"
#include "ops/windows.cuh"

namespace pyconv {

template <class T, class A, class B>
struct Conv2DBackwardKernelParams {
  Product<T, A, B> product;
  Global<T> dbias;  // (slices, groups * filters), or null
};

template <class T, class Block, class A, class B>
__global__ void __launch_bounds__(kTileThreads, (kRoomyBlocks<T, Block, A, B>))
    conv2d_backward_kernel_kernel(Conv2DBackwardKernelParams<T, A, B> p) {
  const Product<T, A, B>& product = p.product;
  const TilePlace place = tile_place<Block>(product, blockIdx.x);
  const ColumnSums<T, Block> sums(p.dbias != nullptr && place.row == 0);
  multiply_block<Block>(product, place, sums);
  const int64_t column = place.column + static_cast<int>(threadIdx.x);
  if (!sums.wanted || column >= product.n) return;
  p.dbias[(place.slice * product.groups + place.group) * product.n + column] =
      static_cast<T>(sums.sums()[threadIdx.x]);
}

}  // namespace pyconv
