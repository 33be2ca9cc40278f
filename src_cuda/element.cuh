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
__device__ __forceinline__ double widen(double x) { return x; }

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
template <class T>
__device__ __forceinline__ T narrow(double x) {  // of sums that double keeps
  return x;
}

// Writes two neighbours at once; the place of the first is even and so aligned.
#ifdef PYCONV_SIMT_HOST
template <class T>
void store_pair(Global<T> data, int64_t at, float first, float second) {
  const auto place = reinterpret_cast<uintptr_t>(data.buffer_->begin) +
                     static_cast<uintptr_t>((data.index_ + at) * static_cast<int64_t>(sizeof(T)));
  if (place % (2 * sizeof(T)) != 0) simt::fail("a pair is written to a misaligned address");
  data[at] = narrow<T>(first);
  data[at + 1] = narrow<T>(second);
}
#else
template <class T>
struct alignas(2 * sizeof(T)) Pair {
  T first, second;
};
template <class T>
__device__ __forceinline__ void store_pair(T* data, int64_t at, float first, float second) {
  *reinterpret_cast<Pair<T>*>(data + at) = {narrow<T>(first), narrow<T>(second)};
}
template <>
__device__ __forceinline__ void store_pair(Float16* data, int64_t at, float first, float second) {
  *reinterpret_cast<uint32_t*>(data + at) = ptx::pack_float16(first, second);
}
template <>
__device__ __forceinline__ void store_pair(Bfloat16* data, int64_t at, float first, float second) {
  *reinterpret_cast<uint32_t*>(data + at) = ptx::pack_bfloat16(first, second);
}
#endif

}  // namespace pyconv
