// SPDX-License-Identifier: BSD-3-Clause
// The products of launchers.hpp on tensor cores. T is Float16, Bfloat16 or Tf32; gradients of
// kernels and biases are float32. Nothing is allocated, nothing waits.
#pragma once

#include <cstdint>

#include "element.hpp"
#include "geometry.hpp"
#include "ops/launchers.hpp"

namespace pyconv {

template <class T>
void mma_gemm(const T* a, const T* b, T* c, int64_t m, int64_t n, int64_t k, bool transpose_a,
              bool transpose_b, void* stream);

template <class T>
void mma_dense(const T* x, const T* kernel, const T* bias, T* y, int64_t n, int64_t inputs,
               int64_t units, ActivationKind activation, void* stream);
template <class T>
void mma_dense_backward(const T* dy, const T* x, const T* kernel, T* dx, float* dkernel,
                        float* dbias, int64_t n, int64_t inputs, int64_t units, void* stream);

// Bytes that the pass wants as its workspace.
template <class T>
int64_t mma_conv2d_workspace(const Window& window, Direction direction);
template <class T>
void mma_conv2d(const T* x, const T* kernel, const T* bias, T* y, const Window& window,
                ActivationKind activation, void* workspace, void* stream);
template <class T>
void mma_conv2d_backward_data(const T* dy, const T* kernel, T* dx, const Window& window,
                              void* workspace, void* stream);
template <class T>
void mma_conv2d_backward_kernel(const T* x, const T* dy, float* dkernel, float* dbias,
                                const Window& window, void* workspace, void* stream);

}  // namespace pyconv
