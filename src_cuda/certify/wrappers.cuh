// SPDX-License-Identifier: BSD-3-Clause
// One kernel for each wrapper of ptx.cuh: it runs the wrapper alone on given words, so that a
// device can be compared with the host models. A block is one warp with words of its own.
//
// A wrapper is a struct: words a warp reads, writes and holds in shared memory, and run(), which
// begins at the warp's own.
#pragma once

#include "element.cuh"

namespace pyconv::certify {

struct WrapperParams {
  Global<const uint32_t> in;  // (warps, kIn)
  Global<uint32_t> out;       // (warps, kOut)
};

template <class Wrapper>
__global__ void __launch_bounds__(kWarpLanes) wrapper_kernel(WrapperParams p) {
  const int64_t warp = blockIdx.x;
  Wrapper::run(p.in + warp * Wrapper::kIn, p.out + warp * Wrapper::kOut,
               static_cast<int>(threadIdx.x));
}

__device__ __forceinline__ float number_of(uint32_t bits) {
#ifdef PYCONV_SIMT_HOST
  return simt::number_of(bits);
#else
  return __uint_as_float(bits);
#endif
}
__device__ __forceinline__ uint32_t bits_of(float number) {
#ifdef PYCONV_SIMT_HOST
  return simt::bits_of(number);
#else
  return __float_as_uint(number);
#endif
}

// Two float32 of a lane to a pair of 16 bits.
template <bool kBfloat16>
struct PackPair {
  static constexpr int kIn = 2 * kWarpLanes, kOut = kWarpLanes, kShared = 0;
  static __device__ __forceinline__ void run(Global<const uint32_t> in, Global<uint32_t> out,
                                             int lane) {
    const float low = number_of(in[2 * lane]), high = number_of(in[2 * lane + 1]);
    if constexpr (kBfloat16) {
      out[lane] = ptx::pack_bfloat16(low, high);
    } else {
      out[lane] = ptx::pack_float16(low, high);
    }
  }
};

// The lower half of a lane's word to float32.
template <bool kBfloat16>
struct Unpack {
  static constexpr int kIn = kWarpLanes, kOut = kWarpLanes, kShared = 0;
  static __device__ __forceinline__ void run(Global<const uint32_t> in, Global<uint32_t> out,
                                             int lane) {
    const uint16_t half = static_cast<uint16_t>(in[lane]);
    if constexpr (kBfloat16) {
      out[lane] = bits_of(ptx::unpack_bfloat16(half));
    } else {
      out[lane] = bits_of(ptx::unpack_float16(half));
    }
  }
};

struct ToTf32 {
  static constexpr int kIn = kWarpLanes, kOut = kWarpLanes, kShared = 0;
  static __device__ __forceinline__ void run(Global<const uint32_t> in, Global<uint32_t> out,
                                             int lane) {
    out[lane] = ptx::to_tf32(in[lane]);
  }
};

constexpr int kMemoryWords = 512;  // of shared memory

// In: the memory, then the first word of each lane's row. Out: kCount words of each lane.
template <int kCount, bool kTransposed>
struct LoadMatrices {
  static constexpr int kIn = kMemoryWords + kWarpLanes, kOut = kCount * kWarpLanes;
  static constexpr int kShared = kMemoryWords;
  static __device__ __forceinline__ void run(Global<const uint32_t> in, Global<uint32_t> out,
                                             int lane) {
    const Shared<uint32_t> memory = shared<uint32_t>(0, kMemoryWords);
    for (int i = lane; i < kMemoryWords; i += kWarpLanes) memory[i] = static_cast<uint32_t>(in[i]);
    __syncthreads();
    uint32_t matrices[kCount];
    ptx::ldmatrix<kCount, kTransposed>(matrices, memory, static_cast<int>(in[kMemoryWords + lane]));
#pragma unroll
    for (int i = 0; i < kCount; ++i) out[lane * kCount + i] = matrices[i];
  }
};

// In: the words of A, B and C of each lane, in this order; kWords of a row's words are multiplied.
// Out: its four words of D.
template <class T, int kWords>
struct MultiplyAdd {
  static constexpr int kA = kWords / 2, kB = kWords / 4, kOfLane = kA + kB + 4;
  static constexpr int kIn = kOfLane * kWarpLanes, kOut = 4 * kWarpLanes, kShared = 0;
  static __device__ __forceinline__ void run(Global<const uint32_t> in, Global<uint32_t> out,
                                             int lane) {
    uint32_t a[kA], b[kB];
    float d[4];
#pragma unroll
    for (int i = 0; i < kA; ++i) a[i] = in[lane * kOfLane + i];
#pragma unroll
    for (int i = 0; i < kB; ++i) b[i] = in[lane * kOfLane + kA + i];
#pragma unroll
    for (int i = 0; i < 4; ++i) d[i] = number_of(in[lane * kOfLane + kA + kB + i]);
    if constexpr (kWords == 4) {
      ptx::mma_m16n8k8(d, a, b[0]);
    } else {
      ptx::mma<T>(d, a, b);
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) out[lane * 4 + i] = bits_of(d[i]);
  }
};

constexpr int kCopyWords = kWarpLanes * 4;  // the most that a warp's copies move

// In: the source, then of each lane the place of its copy in units of kBytes, in the source (beyond
// it: outside, zeros come) and in shared memory, which begins as ones. Out: the memory after a
// first group was waited for, as each lane sees its own copy; then all of it.
template <int kBytes>
struct CopyAsync {
  static constexpr int kUnit = kBytes / 4, kIn = kCopyWords + 2 * kWarpLanes;
  static constexpr int kOut = kWarpLanes * kUnit + 2 * kCopyWords, kShared = 2 * kCopyWords;
  static __device__ __forceinline__ void run(Global<const uint32_t> in, Global<uint32_t> out,
                                             int lane) {
    const Shared<uint32_t> memory = shared<uint32_t>(0, 2 * kCopyWords);
    for (int i = lane; i < 2 * kCopyWords; i += kWarpLanes) memory[i] = 0xffffffffu;
    __syncthreads();
    const int64_t from = int64_t{in[kCopyWords + lane]} * kUnit;
    const int to = static_cast<int>(in[kCopyWords + kWarpLanes + lane]) * kUnit;
    const bool inside = from < kCopyWords;
    ptx::cp_async<kBytes>(memory, to, in, from, inside);
    ptx::cp_async_commit_group();
    ptx::cp_async<kBytes>(memory, kCopyWords + to, in, from, inside);
    ptx::cp_async_commit_group();
    ptx::cp_async_wait_group<1>();
#pragma unroll
    for (int i = 0; i < kUnit; ++i) out[lane * kUnit + i] = memory[to + i];
    ptx::cp_async_wait_group<0>();
    __syncthreads();
    for (int i = lane; i < 2 * kCopyWords; i += kWarpLanes) {
      out[kWarpLanes * kUnit + i] = memory[i];
    }
  }
};

}  // namespace pyconv::certify
