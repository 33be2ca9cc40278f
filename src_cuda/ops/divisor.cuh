// SPDX-License-Identifier: BSD-3-Clause
// Exact division of any n >= 0 by a number the host knows: one high product, one add, two shifts
// (Granlund and Montgomery 1994, figure 4.1). A device has no instruction that divides.
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

struct Divisor {
  int64_t value;
  uint64_t multiplier;
  int32_t shift_1, shift_2;

  __device__ __forceinline__ int64_t divide(int64_t n) const {
    const uint64_t dividend = static_cast<uint64_t>(n);
    const uint64_t high = __umul64hi(multiplier, dividend);
    return static_cast<int64_t>((high + ((dividend - high) >> shift_1)) >> shift_2);
  }
  // n mod value, where the quotient is known.
  __device__ __forceinline__ int64_t rest(int64_t n, int64_t quotient) const {
    return n - quotient * value;
  }
};

}  // namespace pyconv
