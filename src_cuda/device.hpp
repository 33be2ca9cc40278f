// SPDX-License-Identifier: BSD-3-Clause
// What the module knows of its devices, and the frame around every operation. Two bodies: device.cu
// for CUDA, simt_host/device.cpp for the host.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pyconv {

// Devices that can be used; 0 without a driver.
int device_count();
// As CUDA numbers versions: 13000 is 13.0; 0 where there is none.
int driver_version();
int runtime_version();
// What the kernels were compiled for, such as "90-real".
std::vector<std::string> architectures();
std::string device_name(int device);
// Ten times the major version, plus the minor: 90 is 9.0.
int compute_capability(int device);
// Throws KernelError where the current device is older.
void require_capability(const char* operation, int least);
void synchronize(void* stream);

void begin_operation();
// With PYCONV_CUDA_SYNC=1 this waits, so that an error is told where it was made.
void end_operation(void* stream);

}  // namespace pyconv
