// SPDX-License-Identifier: BSD-3-Clause
// Rounding of float32 to narrower types in whole numbers, bit for bit as the instruction cvt does
// (PTX ISA, "Data Movement and Conversion Instructions: cvt"). The host models use it, and devices
// older than an instruction.
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

// `value` without its last `shift` bits, to nearest, ties to even; 0 < shift < 32.
__device__ __forceinline__ uint32_t round_shift(uint32_t value, int shift) {
  const uint32_t odd = (value >> shift) & 1u;
  return (value + ((1u << (shift - 1)) - 1u) + odd) >> shift;
}

// cvt.rn.f16.f32 of the float32 with these bits; NaN becomes 0x7fff.
__device__ __forceinline__ uint32_t round_to_float16(uint32_t bits) {
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) return 0x7fffu;
  if (size >= 0x477ff000u) return sign | 0x7c00u;  // from 65520 on
  if (size <= 0x33000000u) return sign;            // up to 2^-25
  const int exponent = static_cast<int>(size >> 23);
  if (exponent < 113) {  // below 2^-14: multiples of 2^-24
    return sign | round_shift((size & 0x7fffffu) | 0x800000u, 126 - exponent);
  }
  return sign | round_shift(size - 0x38000000u, 13);
}

// cvt.rn.bf16.f32; NaN becomes 0x7fff.
__device__ __forceinline__ uint32_t round_to_bfloat16(uint32_t bits) {
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fffu;
  return round_shift(bits & 0x7fffffffu, 16) | ((bits >> 16) & 0x8000u);
}

// cvt.rna.tf32.f32: ties away from zero; the 13 bits that a tf32 lacks are 0. NaN: 0x7fffffff.
__device__ __forceinline__ uint32_t round_to_tf32(uint32_t bits) {
  const uint32_t size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) return 0x7fffffffu;
  if (size == 0x7f800000u) return bits;
  return (bits + 0x1000u) & 0xffffe000u;
}

// cvt.f32.f16, exact; a NaN keeps its sign and fraction.
__device__ __forceinline__ uint32_t float16_to_float32(uint32_t half) {
  const uint32_t sign = (half & 0x8000u) << 16;
  const uint32_t fraction = half & 0x3ffu;
  const uint32_t exponent = (half >> 10) & 0x1fu;
  if (exponent == 31) return sign | 0x7f800000u | (fraction << 13);
  if (exponent != 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction == 0) return sign;
  uint32_t shifted = fraction << 13;
  uint32_t scale = 113;
  while ((shifted & 0x800000u) == 0) {
    shifted <<= 1;
    --scale;
  }
  return sign | (scale << 23) | (shifted & 0x7fffffu);
}

}  // namespace pyconv
