// SPDX-License-Identifier: BSD-3-Clause
// 2-D convolution (cross-correlation) and its gradients, any stride, padding, dilation and groups:
// y[n, i, j, f] = bias[f] + sum over r, s, c of x[n, i*sh - top + r*dil_h, j*sw - left + s*dil_w,
// c]
//                                              * kernel[r, s, c, f]
#pragma once

#include "geometry.hpp"

namespace pyconv {

// x (n, h, w, c), kernel (kh, kw, c / groups, f), bias (f) or null -> y (n, oh, ow, f); images in
// the window's layout. Only linear, relu and relu6 are fused; the caller applies the others.
// `residual`: of y's shape, added before the activation, or null. `prepared`: what conv2d_prepare
// made of the kernel for this window and algorithm, or null.
template <class T>
void conv2d(const T* x, const T* kernel, const T* bias, const T* residual, T* y,
            const Window& window, Algorithm algorithm, ActivationKind activation,
            const T* prepared);

// A kernel in the form that its convolution computes with, and how many elements that has: 0 where
// there is none to prepare.
template <class T>
int64_t conv2d_prepared_size(const Window& window, Algorithm algorithm);
template <class T>
void conv2d_prepare(const T* kernel, T* prepared, const Window& window, Algorithm algorithm);

// dx (n, h, w, c): the adjoint in x; where it `adds`, to what dx holds, as if by itself first.
template <class T>
void conv2d_backward_data(const T* dy, const T* kernel, T* dx, const Window& window,
                          Algorithm algorithm, bool adds = false);

// dkernel (kh, kw, c / groups, f) and dbias (f), either may be null. The order of every sum
// depends on the shape alone.
template <class T>
void conv2d_backward_kernel(const T* x, const T* dy, T* dkernel, T* dbias, const Window& window,
                            Algorithm algorithm);

}  // namespace pyconv
