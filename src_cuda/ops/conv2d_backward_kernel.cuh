// SPDX-License-Identifier: BSD-3-Clause
// dkernel (kh*kw*c, f) = im2col(x)^T (kh*kw*c, n*oh*ow) dy (n*oh*ow, f), group by group. The sum
// over pixels is cut into slices by the shape alone; a second kernel adds them left to right.
#pragma once

#include "ops/tile_product.cuh"
#include "ops/windows.cuh"

namespace pyconv {

// Filters are neighbours in dy for channels_last, pixels for channels_first.
template <class T, bool kChannelsFirst>
using Conv2DBackwardKernelProduct =
    Product<T, Transposed<Windows<T, kChannelsFirst>>, Matrix<T, /*kStepFastest=*/kChannelsFirst>>;

template <class T, bool kChannelsFirst>
__global__ void __launch_bounds__(kTileThreads)
    conv2d_backward_kernel_kernel(Conv2DBackwardKernelProduct<T, kChannelsFirst> p) {
  multiply_block(p);
}

template <class T>
struct AddSlicesParams {
  Global<const T> slices;  // (count, size)
  Global<T> sum;           // (size)
  int64_t count, size;
};

// One thread adds one element of all slices, in double.
template <class T>
__global__ void add_slices_kernel(AddSlicesParams<T> p) {
  const int64_t i = global_thread();
  if (i >= p.size) return;
  double sum = 0;
  for (int64_t slice = 0; slice < p.count; ++slice) sum += p.slices[slice * p.size + i];
  p.sum[i] = static_cast<T>(sum);
}

}  // namespace pyconv
