// SPDX-License-Identifier: BSD-3-Clause
// y = x kernel + bias, and its gradients.
#pragma once

#include "geometry.hpp"

namespace pyconv {

// x (n, inputs), kernel (inputs, units), bias (units) or null -> y (n, units). Only linear, relu
// and relu6 are fused; the caller applies the others.
template <class T>
void dense(const T* x, const T* kernel, const T* bias, T* y, int64_t n, int64_t inputs,
           int64_t units, ActivationKind activation);

// dx (n, inputs), dkernel (inputs, units), dbias (units); each may be null.
template <class T>
void dense_backward(const T* dy, const T* x, const T* kernel, T* dx, T* dkernel, T* dbias,
                    int64_t n, int64_t inputs, int64_t units);

}  // namespace pyconv
