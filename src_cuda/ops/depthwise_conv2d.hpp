// SPDX-License-Identifier: BSD-3-Clause
// Launchers of depthwise_conv2d.cuh, which the convolution's passes call where every channel has
// filters of its own.
#pragma once

#include "element.hpp"
#include "launch.cuh"

namespace pyconv {

// Elements of SumOf<T> that the gradient of kernel and bias takes as workspace.
template <class T>
int64_t depthwise_workspace(const Window& window);

template <class T>
void launch_depthwise(Global<const T> x, Global<const T> kernel, Global<const T> bias, Global<T> y,
                      const Window& window, ActivationKind activation, void* stream);
template <class T>
void launch_depthwise_backward_data(Global<const T> dy, Global<const T> kernel, Global<T> dx,
                                    const Window& window, void* stream);
// dkernel or dbias may be null; `room` is the workspace.
template <class T>
void launch_depthwise_backward_kernel(Global<const T> x, Global<const T> dy,
                                      Global<SumOf<T>> dkernel, Global<SumOf<T>> dbias,
                                      const Window& window, Global<SumOf<T>> room, void* stream);

}  // namespace pyconv
