// SPDX-License-Identifier: BSD-3-Clause
// Loops with constant bounds must be unrolled, or accumulators live on the stack.
#pragma once

#define PYCONV_UNROLL _Pragma("GCC unroll 64")
// A function whose arrays of registers must not pass through memory.
#define PYCONV_INLINE inline __attribute__((always_inline))
