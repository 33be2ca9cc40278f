// SPDX-License-Identifier: BSD-3-Clause
// CUDA's vocabulary for a host compiler: include it before a .cu file, and its kernels run on the
// CPU, checked. Only what the kernels use is here; a missing word is a compile error.
#pragma once

#define PYCONV_SIMT_HOST 1

#include <math.h>  // NOLINT: kernels call exp, log, sqrt, tanh unqualified

#include <cstdint>
#include <cstring>

#include "error.hpp"
#include "simt_host/memory.hpp"
#include "simt_host/schedule.hpp"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __noinline__
#define __launch_bounds__(...)

namespace pyconv::simt {

struct Index {
  unsigned x;
};
inline Index thread_index() { return {static_cast<unsigned>(current->index)}; }
inline Index block_index() { return {static_cast<unsigned>(current->block->number)}; }
inline Index block_size() { return {static_cast<unsigned>(current->block->threads)}; }
inline Index grid_size() { return {static_cast<unsigned>(current->block->grid)}; }

template <class T>
T shuffle_value(unsigned mask, T value, int source, const char* file, int line) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles move 4 or 8 bytes");
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = shuffle(mask, bits, source, file, line);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace pyconv::simt

#define threadIdx (::pyconv::simt::thread_index())
#define blockIdx (::pyconv::simt::block_index())
#define blockDim (::pyconv::simt::block_size())
#define gridDim (::pyconv::simt::grid_size())

inline uint64_t __umul64hi(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(static_cast<Wide>(a) * b >> 64);
}

inline void __syncthreads(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  ::pyconv::simt::meet_threads(file, line);
}
inline void __syncwarp(unsigned mask = 0xffffffffu, const char* file = __builtin_FILE(),
                       int line = __builtin_LINE()) {
  ::pyconv::simt::meet_warp(mask, file, line);
}
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int = 32, const char* file = __builtin_FILE(),
              int line = __builtin_LINE()) {
  return ::pyconv::simt::shuffle_value(mask, value, source % 32, file, line);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int flip, int = 32, const char* file = __builtin_FILE(),
                  int line = __builtin_LINE()) {
  const int source = ::pyconv::simt::current->lane() ^ flip;
  return ::pyconv::simt::shuffle_value(mask, value, source, file, line);
}
inline unsigned __ballot_sync(unsigned mask, bool value, const char* file = __builtin_FILE(),
                              int line = __builtin_LINE()) {
  return ::pyconv::simt::vote(mask, value, file, line);
}
inline bool __any_sync(unsigned mask, bool value, const char* file = __builtin_FILE(),
                       int line = __builtin_LINE()) {
  return ::pyconv::simt::vote(mask, value, file, line) != 0;
}

namespace pyconv {

template <class T>
using Global = simt::Global<T>;
template <class T>
using Shared = simt::Shared<T>;

template <class T>
Shared<T> shared(int first_byte, int count) {
  return Shared<T>(first_byte, count);
}

inline void atomic_min(Global<int64_t> address, int64_t value) { address.lower_to(value); }

// The host's side of an operation: what it reads, writes, or keeps between launches.
template <class T>
Global<const T> input(const char* name, const T* address, int64_t count) {
  return Global<const T>(
      simt::register_buffer(name, address, count, sizeof(T), false, simt::Start::kFilled));
}
template <class T>
Global<T> output(const char* name, T* address, int64_t count) {
  return Global<T>(
      simt::register_buffer(name, address, count, sizeof(T), true, simt::Start::kPoisoned));
}
template <class T>
Global<T> in_out(const char* name, T* address, int64_t count) {
  return Global<T>(
      simt::register_buffer(name, address, count, sizeof(T), true, simt::Start::kFilled));
}
template <class T>
Global<T> workspace(T* address, int64_t count) {
  return Global<T>(
      simt::register_buffer("workspace", address, count, sizeof(T), true, simt::Start::kEmpty));
}

template <class Params>
void launch(const char* name, void (*kernel)(Params), int64_t grid, int block, int64_t shared_bytes,
            void* /*stream*/, const Params& params) {
  struct Call {
    void (*kernel)(Params);
    const Params* params;
  } call{kernel, &params};
  simt::run_grid(
      name, grid, block, shared_bytes,
      [](const void* context) {
        const auto& it = *static_cast<const Call*>(context);
        it.kernel(*it.params);
      },
      &call);
}

}  // namespace pyconv
