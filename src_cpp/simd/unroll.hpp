// SPDX-License-Identifier: BSD-3-Clause
// The one macro: loops with constant bounds must be unrolled, or accumulators live on the stack.
#pragma once

#define PYCONV_UNROLL _Pragma("GCC unroll 64")
