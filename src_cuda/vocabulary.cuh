// SPDX-License-Identifier: BSD-3-Clause
// The words that kernels use beyond plain CUDA. With simt_host.hpp included first they come from
// there; here they are what the device has.
#pragma once

#include "geometry.hpp"

#ifndef PYCONV_SIMT_HOST

namespace pyconv {

// A kernel's view of device memory, checked on the host.
template <class T>
using Global = T*;
template <class T>
using Shared = T*;

// `count` elements of dynamic shared memory from `first_byte` on.
template <class T>
__device__ __forceinline__ T* shared(int first_byte, int /*count*/) {
  extern __shared__ __align__(16) unsigned char pyconv_shared[];
  return reinterpret_cast<T*>(pyconv_shared + first_byte);
}

__device__ __forceinline__ void atomic_min(int64_t* address, int64_t value) {
  atomicMin(reinterpret_cast<long long*>(address), static_cast<long long>(value));
}

}  // namespace pyconv

#endif

namespace pyconv {

constexpr unsigned kFullWarp = 0xffffffffu;
constexpr int kWarpLanes = 32;

// The number of this thread in the whole grid.
__device__ __forceinline__ int64_t global_thread() {
  return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

}  // namespace pyconv
