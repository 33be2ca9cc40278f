// SPDX-License-Identifier: BSD-3-Clause
// The three passes of the convolution by their definition; in modules built to certify a device.
// Any geometry, groups, dilation and layout; T is float or double; sums are T's. Arrays as those of
// ops/launchers.hpp; bias and dbias may be null.
#pragma once

#include "geometry.hpp"

namespace pyconv::certify {

template <class T>
void reference_conv2d(const T* x, const T* kernel, const T* bias, T* y, const Window& window,
                      void* stream);
template <class T>
void reference_conv2d_backward_data(const T* dy, const T* kernel, T* dx, const Window& window,
                                    void* stream);
template <class T>
void reference_conv2d_backward_kernel(const T* x, const T* dy, T* dkernel, T* dbias,
                                      const Window& window, void* stream);

}  // namespace pyconv::certify
