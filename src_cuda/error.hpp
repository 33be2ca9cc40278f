// SPDX-License-Identifier: BSD-3-Clause
// The error of a launch or of a kernel; Python sees PyconvCudaError, a RuntimeError.
#pragma once

#include <stdexcept>
#include <string>

namespace pyconv {

struct KernelError : std::runtime_error {
  explicit KernelError(const std::string& text) : std::runtime_error(text) {}
};

}  // namespace pyconv
