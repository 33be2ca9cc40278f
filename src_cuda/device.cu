// SPDX-License-Identifier: BSD-3-Clause
// Launches and device queries through the CUDA runtime.
#include "device.hpp"

#include <cuda_runtime.h>

#include <cstdlib>
#include <sstream>

#include "launch.cuh"

namespace pyconv {
namespace {

constexpr int64_t kSharedBytesUnasked = 48 * 1024;  // more must be asked for, kernel by kernel

[[noreturn]] void fail(const std::string& what, cudaError_t error) {
  std::string text = what + ": " + cudaGetErrorName(error) + ": " + cudaGetErrorString(error);
  if (error == cudaErrorIllegalAddress || error == cudaErrorLaunchFailure ||
      error == cudaErrorMisalignedAddress || error == cudaErrorIllegalInstruction) {
    text += " (the device's state is lost: restart the process)";
  }
  throw KernelError(text);
}

void check(const char* what, cudaError_t error) {
  if (error != cudaSuccess) fail(what, error);
}

bool waits_after_each() {
  static const bool waits = [] {
    const char* text = std::getenv("PYCONV_CUDA_SYNC");
    return text != nullptr && std::string(text) == "1";
  }();
  return waits;
}

}  // namespace

void launch_checked(const char* name, const void* kernel, int64_t grid, int block,
                    int64_t shared_bytes, void* stream, void** arguments) {
  if (grid == 0) return;
  std::ostringstream what;
  what << name << ", " << grid << " blocks of " << block << " threads";
  if (grid > 0x7fffffff) throw KernelError(what.str() + ": more blocks than a grid can hold");
  if (shared_bytes > kSharedBytesUnasked) {
    const cudaError_t refused = cudaFuncSetAttribute(
        kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes));
    if (refused != cudaSuccess) {
      fail(what.str() + ", " + std::to_string(shared_bytes) + " bytes of shared memory", refused);
    }
  }
  cudaLaunchKernel(kernel, dim3(static_cast<unsigned>(grid)), dim3(static_cast<unsigned>(block)),
                   arguments, static_cast<size_t>(shared_bytes), static_cast<cudaStream_t>(stream));
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) fail(what.str(), error);
}

int device_count() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}

int driver_version() {
  int version = 0;
  return cudaDriverGetVersion(&version) == cudaSuccess ? version : 0;
}

int runtime_version() {
  int version = 0;
  return cudaRuntimeGetVersion(&version) == cudaSuccess ? version : 0;
}

std::vector<std::string> architectures() {
  std::vector<std::string> names;
  std::istringstream list(PYCONV_CUDA_ARCHITECTURES);
  for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  return names;
}

std::string device_name(int device) {
  cudaDeviceProp properties;
  check("device_name", cudaGetDeviceProperties(&properties, device));
  return properties.name;
}

int compute_capability(int device) {
  int major = 0;
  int minor = 0;
  check("compute_capability",
        cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  check("compute_capability",
        cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device));
  return 10 * major + minor;
}

void require_capability(const char* operation, int least) {
  int device = 0;
  check(operation, cudaGetDevice(&device));
  const int capability = compute_capability(device);
  if (capability < least) {
    throw KernelError(std::string("this precision needs compute capability ") +
                      std::to_string(least / 10) + "." + std::to_string(least % 10) +
                      "; the device has " + std::to_string(capability / 10) + "." +
                      std::to_string(capability % 10));
  }
}

void synchronize(void* stream) {
  check("synchronize", cudaStreamSynchronize(static_cast<cudaStream_t>(stream)));
}

void begin_operation() {}

void end_operation(void* stream) {
  if (waits_after_each()) synchronize(stream);
}

}  // namespace pyconv
