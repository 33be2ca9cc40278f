// SPDX-License-Identifier: BSD-3-Clause
// y (n*oh*ow, f) = windows of x (n*oh*ow, kh*kw*c) kernel (kh*kw*c, f) + bias on tensor cores,
// group by group: one block sums a tile of output pixels x filters.
#pragma once

#include "ops/mma_product.cuh"

namespace pyconv {

template <class T>
struct MmaConv2DParams {
  MmaWindows<T> x;
  MmaMatrix<T, /*kStepFastest=*/false> kernel;
  MmaOutput<T, T> y;
  MmaCut cut;
  int64_t channels, filters;  // of a group
  int64_t row_pitch;          // filters of all groups
};

template <class T, class Block, int kWidth>
__global__ void __launch_bounds__(Block::threads, Block::resident)
    mma_conv2d_kernel(MmaConv2DParams<T> p) {
  const MmaCut::Place place = p.cut.template place<Block>();
  p.x.data = p.x.data + place.group * p.channels;
  p.kernel.data = p.kernel.data + place.group * p.filters;
  mma_multiply<MmaWindows<T>, MmaMatrix<T, false>, Block, kWidth>(p.x, p.kernel, p.y, p.cut, place,
                                                                  p.row_pitch);
}

}  // namespace pyconv
