// SPDX-License-Identifier: BSD-3-Clause
// Loops with constant bounds must be unrolled, and lambdas inlined wherever they are called, or
// accumulators live on the stack.
#pragma once

#define PYCONV_UNROLL _Pragma("GCC unroll 64")
#define PYCONV_INLINE __attribute__((always_inline))
