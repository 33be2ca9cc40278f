// SPDX-License-Identifier: BSD-3-Clause
// The avx512 kernels: nothing here but the instruction set and its one exported table.
#include "simd/avx512.hpp"
// The tiles need Vec, so they come after it.
#include "micro/table.hpp"

namespace pyconv {

extern const Kernels avx512_kernels;
const Kernels avx512_kernels = {"avx512", kernel_table<float>(), kernel_table<double>(),
                                pixel_kernels()};

}  // namespace pyconv
