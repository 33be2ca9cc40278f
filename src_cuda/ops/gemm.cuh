// SPDX-License-Identifier: BSD-3-Clause
// C (m, n) = A (m, k) B (k, n), any of them transposed or spread over images; see tile_product.cuh.
#pragma once

#include "ops/tile_product.cuh"

namespace pyconv {

template <class T, bool kStepFastestA, bool kStepFastestB>
__global__ void __launch_bounds__(kTileThreads)
    gemm_kernel(Product<T, Matrix<T, kStepFastestA>, Matrix<T, kStepFastestB>> p) {
  multiply_block(p);
}

}  // namespace pyconv
