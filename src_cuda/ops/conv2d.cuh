// SPDX-License-Identifier: BSD-3-Clause
// y (n*oh*ow, f) = im2col(x) (n*oh*ow, kh*kw*c) kernel (kh*kw*c, f) + bias, group by group, without
// the im2col matrix: one block sums 64 output pixels x 64 filters.
#pragma once

#include "ops/tile_product.cuh"
#include "ops/windows.cuh"

namespace pyconv {

template <class T, bool kChannelsFirst>
using Conv2DProduct = Product<T, Windows<T, kChannelsFirst>, Matrix<T, /*kStepFastest=*/false>>;

template <class T, bool kChannelsFirst>
__global__ void __launch_bounds__(kTileThreads) conv2d_kernel(Conv2DProduct<T, kChannelsFirst> p) {
  multiply_block(p);
}

}  // namespace pyconv
