// SPDX-License-Identifier: BSD-3-Clause
// C (m, n) = A (m, k) B (k, n), any of them transposed or spread over images; see tile_product.cuh.
#pragma once

#include "ops/tile_product.cuh"

namespace pyconv {

template <class T, class Block, class A, class B>
__global__ void __launch_bounds__(kTileThreads, (kResidentBlocks<T, Block, A, B>))
    gemm_kernel(Product<T, A, B> p) {
  multiply_block<Block>(p, blockIdx.x);
}

}  // namespace pyconv
