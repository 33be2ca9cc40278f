// SPDX-License-Identifier: BSD-3-Clause
// Launcher of first_layer_conv2d.cuh, which conv2d calls where images have few channels.
#pragma once

#include "launch.cuh"

namespace pyconv {

// Whether the kernel takes the window: told by the shape alone.
bool is_first_layer(const Window& window, int64_t element_bytes);

template <class T>
void launch_first_layer(Global<const T> x, Global<const T> kernel, Global<const T> bias,
                        Global<T> y, const Window& window, ActivationKind activation, void* stream);

}  // namespace pyconv
