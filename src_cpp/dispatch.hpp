// SPDX-License-Identifier: BSD-3-Clause
// Chooses the instruction set once, by CPUID and PYCONV_ISA, and hands out its function table.
#pragma once

#include <string>
#include <vector>

#include "kernels.hpp"

namespace pyconv {

// The table in use. Throws std::invalid_argument when PYCONV_ISA names what this CPU cannot run.
const Kernels& kernels();

// Changes the table for the whole process; for tests and benchmarks.
void set_isa(const std::string& name);

// What this CPU can run, slowest first.
std::vector<std::string> available_isas();
std::string cpu_name();

template <class T>
const KernelTable<T>& kernel_table_of();
template <>
inline const KernelTable<float>& kernel_table_of<float>() {
  return kernels().f32;
}
template <>
inline const KernelTable<double>& kernel_table_of<double>() {
  return kernels().f64;
}

}  // namespace pyconv
