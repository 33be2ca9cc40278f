// SPDX-License-Identifier: BSD-3-Clause
// The host's side of a launch: PYCONV_LAUNCH and the words by which a launcher names its arrays.
#pragma once

#include "error.hpp"
#include "vocabulary.cuh"

#define PYCONV_LAUNCH(kernel, grid, block, shared_bytes, stream, params) \
  ::pyconv::launch(#kernel, kernel, grid, block, shared_bytes, stream, params)

namespace pyconv {

constexpr int kThreads = 256;  // of a block that gives each thread one element

// Blocks of `each` that cover `count`.
inline int64_t blocks(int64_t count, int64_t each) { return (count + each - 1) / each; }

#ifndef PYCONV_SIMT_HOST

template <class T>
const T* input(const char* /*name*/, const T* address, int64_t /*count*/) {
  return address;
}
template <class T>
T* output(const char* /*name*/, T* address, int64_t /*count*/) {
  return address;
}
template <class T>
T* in_out(const char* /*name*/, T* address, int64_t /*count*/) {
  return address;
}
template <class T>
T* workspace(T* address, int64_t /*count*/) {
  return address;
}

// Throws KernelError that names the kernel, its grid and CUDA's reason.
void launch_checked(const char* name, const void* kernel, int64_t grid, int block,
                    int64_t shared_bytes, void* stream, void** arguments);

// An empty grid is an empty batch: nothing to do.
template <class Params>
void launch(const char* name, void (*kernel)(Params), int64_t grid, int block, int64_t shared_bytes,
            void* stream, const Params& params) {
  void* arguments[] = {const_cast<Params*>(&params)};
  launch_checked(name, reinterpret_cast<const void*>(kernel), grid, block, shared_bytes, stream,
                 arguments);
}

#endif

}  // namespace pyconv
