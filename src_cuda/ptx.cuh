// SPDX-License-Identifier: BSD-3-Clause
// Every special instruction behind one wrapper: assembly here, a model in simt_host/ptx_model.hpp
// that is written from the text of the PTX ISA. What follows holds for both.
//
// Fragments, by lane with g = lane / 4 and t = lane % 4 (PTX ISA, "Matrix Fragments for
// mma.m16n8k8" and "mma.m16n8k16"): a word is two neighbouring 16-bit elements, or one tf32.
//   A (16 rows)   words 0, 2: row g, words 1, 3: row g + 8;  0, 1: word t of the row, 2, 3: t + 4
//   B (8 columns) word 0: word t of column g, word 1: word t + 4
//   C, D          0, 1: row g, columns 2t, 2t + 1; 2, 3: row g + 8
#pragma once

#include "element.hpp"
#include "rounding.cuh"
#include "vocabulary.cuh"

#ifdef PYCONV_SIMT_HOST

#include "simt_host/ptx_model.hpp"

#else

namespace pyconv::ptx {

// The low half is the first element. cvt.rn.f16x2.f32 d, a, b puts a above b.
__device__ __forceinline__ uint32_t pack_float16(float low, float high) {
  uint32_t packed;
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
#else
  uint16_t first, second;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(first) : "f"(low));
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(second) : "f"(high));
  packed = first | static_cast<uint32_t>(second) << 16;
#endif
  return packed;
}

__device__ __forceinline__ uint32_t pack_bfloat16(float low, float high) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  uint32_t packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
#else
  return round_to_bfloat16(__float_as_uint(low)) | round_to_bfloat16(__float_as_uint(high)) << 16;
#endif
}

__device__ __forceinline__ float unpack_float16(uint16_t bits) {
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
  return value;
}

__device__ __forceinline__ float unpack_bfloat16(uint16_t bits) {
  return __uint_as_float(static_cast<uint32_t>(bits) << 16);
}

// The bits of the nearest tf32, ties away from zero. Products drop what is not rounded before.
__device__ __forceinline__ uint32_t to_tf32(uint32_t bits) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  uint32_t rounded;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(__uint_as_float(bits)));
  return rounded;
#else
  return round_to_tf32(bits);
#endif
}

// Loads kCount matrices of 8 rows of 16 bytes: lane 8 i + r names row r of matrix i by its first
// word. Lane l gets word l % 4 of row l / 4; kTransposed, which takes 16-bit elements: elements
// 2 (l % 4) and 2 (l % 4) + 1 of column l / 4.
template <int kCount, bool kTransposed>
__device__ __forceinline__ void ldmatrix(uint32_t (&matrices)[kCount], Shared<uint32_t> memory,
                                         int word) {
  static_assert(kCount == 1 || kCount == 2 || kCount == 4, "one, two or four matrices");
  const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(memory + word));
  if constexpr (kCount == 1) {
    if constexpr (kTransposed) {
      asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];"
                   : "=r"(matrices[0])
                   : "r"(address)
                   : "memory");
    } else {
      asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];"
                   : "=r"(matrices[0])
                   : "r"(address)
                   : "memory");
    }
  } else if constexpr (kCount == 2) {
    if constexpr (kTransposed) {
      asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                   : "=r"(matrices[0]), "=r"(matrices[1])
                   : "r"(address)
                   : "memory");
    } else {
      asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
                   : "=r"(matrices[0]), "=r"(matrices[1])
                   : "r"(address)
                   : "memory");
    }
  } else if constexpr (kTransposed) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3])
                 : "r"(address)
                 : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3])
                 : "r"(address)
                 : "memory");
  }
}

// d += a b for 16 x 8 x 8 float16.
__device__ __forceinline__ void mma_m16n8k8(float (&d)[4], const uint32_t (&a)[2], uint32_t b) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, "
      "{%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(b));
}

// d += a b over 8 words of every row of A: 16 elements of 16 bits, or 8 tf32. A device without the
// instruction traps; launchers refuse before.
template <class T>
__device__ __forceinline__ void mma(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]);

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
template <>
__device__ __forceinline__ void mma<Float16>(float (&d)[4], const uint32_t (&a)[4],
                                             const uint32_t (&b)[2]) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
template <>
__device__ __forceinline__ void mma<Bfloat16>(float (&d)[4], const uint32_t (&a)[4],
                                              const uint32_t (&b)[2]) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
template <>
__device__ __forceinline__ void mma<Tf32>(float (&d)[4], const uint32_t (&a)[4],
                                          const uint32_t (&b)[2]) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#else
template <>
__device__ __forceinline__ void mma<Float16>(float (&d)[4], const uint32_t (&a)[4],
                                             const uint32_t (&b)[2]) {
  mma_m16n8k8(d, {a[0], a[1]}, b[0]);
  mma_m16n8k8(d, {a[2], a[3]}, b[1]);
}
template <>
__device__ __forceinline__ void mma<Bfloat16>(float (&)[4], const uint32_t (&)[4],
                                              const uint32_t (&)[2]) {
  __trap();
}
template <>
__device__ __forceinline__ void mma<Tf32>(float (&)[4], const uint32_t (&)[4],
                                          const uint32_t (&)[2]) {
  __trap();
}
#endif

// Copies kBytes from element `index` of global memory to a word of shared memory, or zeros where
// not `inside`: nothing is read then. Visible to this thread after its cp_async_wait_group, to
// others after a barrier that follows. Both addresses are multiples of kBytes.
template <int kBytes, class T>
__device__ __forceinline__ void cp_async(Shared<uint32_t> memory, int word, Global<const T> from,
                                         int64_t index, bool inside) {
  static_assert(kBytes == 4 || kBytes == 8 || kBytes == 16, "cp.async moves 4, 8 or 16 bytes");
  const T* source = from + (inside ? index : 0);
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(memory + word));
  const int bytes = inside ? kBytes : 0;
  if constexpr (kBytes == 16) {  // past the first cache: what it brings is read once
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(source),
                 "r"(bytes)
                 : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(address), "l"(source),
                 "n"(kBytes), "r"(bytes)
                 : "memory");
  }
#else
  constexpr int kWords = kBytes / 4;
  struct alignas(kBytes) Chunk {
    uint32_t words[kWords];
  };
  Chunk chunk = {};
  if (inside) chunk = *reinterpret_cast<const Chunk*>(source);
  *reinterpret_cast<Chunk*>(memory + word) = chunk;
#endif
}

// The copies since the last commit become a group of this thread.
__device__ __forceinline__ void cp_async_commit_group() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits until no more than the kPending latest groups are under way.
template <int kPending>
__device__ __forceinline__ void cp_async_wait_group() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
#endif
}

}  // namespace pyconv::ptx

#endif
