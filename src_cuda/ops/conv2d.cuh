// SPDX-License-Identifier: BSD-3-Clause
// y (n*oh*ow, f) = im2col(x) (n*oh*ow, kh*kw*c) kernel (kh*kw*c, f) + bias, group by group, without
// the im2col matrix: one block sums a tile of output pixels x filters.
#pragma once

#include "ops/tile_product.cuh"
#include "ops/windows.cuh"

namespace pyconv {

template <class T, class Block, class A, class B>
__global__ void __launch_bounds__(kTileThreads, (kRoomyBlocks<T, Block, A, B>))
    conv2d_kernel(Product<T, A, B> p) {
  multiply_block<Block>(p, blockIdx.x);
}

}  // namespace pyconv
