// SPDX-License-Identifier: BSD-3-Clause
// C (m, n) = A (m, k) B (k, n) on tensor cores, either transposed; see mma_product.cuh.
#pragma once

#include "ops/mma_product.cuh"

namespace pyconv {

template <class T, class U, bool kStepFastestA, bool kStepFastestB>
struct MmaGemmParams {
  MmaMatrix<T, kStepFastestA> a;
  MmaMatrix<T, kStepFastestB> b;
  MmaOutput<T, U> c;
  MmaCut cut;
};

template <class T, class U, bool kStepFastestA, bool kStepFastestB, class Block, int kWidth>
__global__ void __launch_bounds__(Block::threads, Block::resident)
    mma_gemm_kernel(MmaGemmParams<T, U, kStepFastestA, kStepFastestB> p) {
  const MmaCut::Place place = p.cut.template place<Block>();
  mma_multiply<MmaMatrix<T, kStepFastestA>, MmaMatrix<T, kStepFastestB>, Block, kWidth>(
      p.a, p.b, p.c, p.cut, place, p.cut.n);
}

}  // namespace pyconv
