// SPDX-License-Identifier: BSD-3-Clause
// The element types of tensor cores, as they lie in memory: 16 bits, or a float32 that products
// round to 10 bits of fraction. Arithmetic is float32's: widen() on the way in, narrow() out.
#pragma once

#include "ptx.cuh"

namespace pyconv {

__device__ __forceinline__ float widen(Float16 x) { return ptx::unpack_float16(x.bits); }
__device__ __forceinline__ float widen(Bfloat16 x) { return ptx::unpack_bfloat16(x.bits); }
__device__ __forceinline__ float widen(Tf32 x) { return x.value; }
__device__ __forceinline__ float widen(float x) { return x; }

// The nearest of a type, ties to even; beyond its range infinity, NaN stays NaN.
template <class T>
__device__ __forceinline__ T narrow(float x);
template <>
__device__ __forceinline__ Float16 narrow<Float16>(float x) {
  return {static_cast<uint16_t>(ptx::pack_float16(x, 0.0f))};
}
template <>
__device__ __forceinline__ Bfloat16 narrow<Bfloat16>(float x) {
  return {static_cast<uint16_t>(ptx::pack_bfloat16(x, 0.0f))};
}
template <>
__device__ __forceinline__ Tf32 narrow<Tf32>(float x) {
  return {x};
}
template <>
__device__ __forceinline__ float narrow<float>(float x) {
  return x;
}

}  // namespace pyconv
