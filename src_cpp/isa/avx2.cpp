// SPDX-License-Identifier: BSD-3-Clause
// The avx2 kernels: nothing here but the instruction set and its one exported table.
#include "simd/avx2.hpp"
// The tiles need Vec, so they come after it.
#include "micro/table.hpp"

namespace pyconv {

extern const Kernels avx2_kernels;
const Kernels avx2_kernels = {"avx2", kernel_table<float>(), kernel_table<double>(),
                              pixel_kernels()};

}  // namespace pyconv
