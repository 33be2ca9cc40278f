// SPDX-License-Identifier: BSD-3-Clause
// The scalar kernels: nothing here but the instruction set and its one exported table.
#include "simd/scalar.hpp"
// The tiles need Vec, so they come after it.
#include "micro/table.hpp"

namespace pyconv {

extern const Kernels scalar_kernels;
const Kernels scalar_kernels = {"scalar", kernel_table<float>(), kernel_table<double>(),
                                pixel_kernels()};

}  // namespace pyconv
