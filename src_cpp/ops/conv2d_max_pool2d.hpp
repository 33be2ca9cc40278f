// SPDX-License-Identifier: BSD-3-Clause
// A convolution and the max-pooling after it, piece by piece: the pixels between them, four times
// as many as are left, never leave the cache. For images whose own gradient nobody wants.
#pragma once

#include "geometry.hpp"

namespace pyconv {

// y (n, h, w, f) = max_pool2d(activation(x * kernel + bias)), argmax as best_pool2d writes it.
// The pool's windows lie side by side without padding; images are channels last.
template <class T>
void conv2d_max_pool2d(const T* x, const T* kernel, const T* bias, T* y, void* argmax,
                       const Window& conv, const Window& pool, ActivationKind activation);

// dkernel and dbias, either may be null, from dy and y (n, h, w, f). What is summed together
// depends on the shape alone.
template <class T>
void conv2d_max_pool2d_backward(const T* dy, const T* y, const void* argmax, const T* x, T* dkernel,
                                T* dbias, const Window& conv, const Window& pool,
                                ActivationKind activation);

}  // namespace pyconv
