// SPDX-License-Identifier: BSD-3-Clause
// Launcher of first_layer_conv2d_backward_kernel.cuh, which conv2d_backward_kernel calls where
// images have few channels.
#pragma once

#include "launch.cuh"

namespace pyconv {

// Whether the kernel takes the window: told by the shape alone.
bool is_first_layer_backward_kernel(const Window& window, int64_t element_bytes);

// Elements of `room`.
int64_t first_layer_backward_kernel_workspace(const Window& window, int64_t element_bytes);

// dbias may be null.
template <class T>
void launch_first_layer_backward_kernel(Global<const T> x, Global<const T> dy, Global<T> dkernel,
                                        Global<T> dbias, const Window& window, Global<T> room,
                                        void* stream);

}  // namespace pyconv
