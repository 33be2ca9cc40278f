// SPDX-License-Identifier: BSD-3-Clause
// What the convolution's three passes share on tensor cores: plans, workspaces, layouts.
#pragma once

#include "error.hpp"
#include "ops/depthwise_conv2d.hpp"
#include "ops/mma_launchers.hpp"
#include "ops/mma_product.hpp"

namespace pyconv {

// Layouts of images: (n, pixels, channels) to (n, channels, pixels) and back.
template <class T>
void launch_transpose(Global<const T> x, Global<T> y, int64_t n, int64_t rows, int64_t columns,
                      void* stream);

// sums[column] over the rows of dy; `partial` holds bias_slices(rows) x columns where there are
// several.
int64_t bias_slices(int64_t rows);
template <class T>
void launch_bias_gradient(Global<const T> dy, Global<float> sums, Global<float> partial,
                          int64_t rows, int64_t columns, int64_t slices, void* stream);

MmaPlan mma_forward_plan(const Window& window);
MmaPlan mma_data_plan(const Window& window);
MmaPlan mma_kernel_plan(const Window& window);

// A size that kernels keep in 32 bits.
inline int mma_int(int64_t value) {
  if (value < -0x7fffffff || value > 0x7fffffff) {
    throw KernelError("a size of " + std::to_string(value) + " is beyond 32 bits");
  }
  return static_cast<int>(value);
}

template <class T>
MmaWindows<T> mma_windows(Global<const T> x, const Window& w) {
  mma_int(w.n);
  return {x,
          mma_int(w.h),
          mma_int(w.w),
          w.c,
          mma_int(w.sh),
          mma_int(w.sw),
          mma_int(w.top),
          mma_int(w.left),
          mma_int(w.dil_h),
          mma_int(w.dil_w),
          divisor(w.oh),
          divisor(w.ow),
          divisor(w.kw),
          divisor(w.group_inputs())};
}

// An image in (n, h, w, c) order: itself, or where channels come first a copy in `room`.
template <class T>
struct Images {
  const T* address;  // of what is read or written
  Global<const T> data;
};
template <class T>
Images<T> mma_channels_last(const char* name, const T* address, T* room, int64_t n, int64_t pixels,
                            int64_t channels, bool channels_first, void* stream) {
  const int64_t size = n * pixels * channels;
  const Global<const T> given = input(name, address, size);
  if (!channels_first) return {address, given};
  const Global<T> copy = workspace(room, size);
  launch_transpose<T>(given, copy, n, channels, pixels, stream);
  return {room, copy};
}

}  // namespace pyconv
