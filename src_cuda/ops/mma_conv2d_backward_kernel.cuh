// SPDX-License-Identifier: BSD-3-Clause
// dkernel (kh*kw*c, f) = windows of x, transposed (kh*kw*c, n*oh*ow), dy (n*oh*ow, f) on tensor
// cores, in float32, group by group. The sum over pixels is cut into slices by the shape alone.
#pragma once

#include "ops/mma_product.cuh"

namespace pyconv {

template <class T>
struct MmaConv2DBackwardKernelParams {
  MmaTransposed<MmaWindows<T>> x;
  MmaMatrix<T, /*kStepFastest=*/false> dy;
  MmaOutput<T, float> dkernel;
  MmaCut cut;
  int64_t channels, filters;  // of a group
  int64_t row_pitch;          // filters of all groups
};

template <class T, class Block, int kWidth>
__global__ void __launch_bounds__(Block::threads, Block::resident)
    mma_conv2d_backward_kernel_kernel(MmaConv2DBackwardKernelParams<T> p) {
  const MmaCut::Place place = p.cut.template place<Block>();
  p.x.data = p.x.data + place.group * p.channels;
  p.dy.data = p.dy.data + place.group * p.filters;
  mma_multiply<MmaTransposed<MmaWindows<T>>, MmaMatrix<T, false>, Block, kWidth>(
      p.x, p.dy, p.dkernel, p.cut, place, p.row_pitch);
}

}  // namespace pyconv
