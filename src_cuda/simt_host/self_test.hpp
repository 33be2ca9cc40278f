// SPDX-License-Identifier: BSD-3-Clause
// Faulty kernels, bound in _simt alone, that prove the checks of the host layer can fail.
#pragma once

#include <pybind11/pybind11.h>

namespace pyconv::simt {

void register_self_test(pybind11::module_& m);
void register_ptx_self_test(pybind11::module_& m);

}  // namespace pyconv::simt
