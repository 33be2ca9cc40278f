// SPDX-License-Identifier: BSD-3-Clause
// y = f(x) element by element, and dx = f'(x) dy told from y. One thread, one element.
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

// The kinds that cost an exponential. Not inlined: a product's epilogue calls it 16 times.
template <class T>
__device__ __noinline__ T activate_curved(T x, ActivationKind kind) {
  if (kind == ActivationKind::kTanh) return tanh(x);
  // The exponential of a negative number, so that nothing overflows.
  const T e = exp(x < T(0) ? x : -x);
  return (x < T(0) ? e : T(1)) / (T(1) + e);
}

// Kinds are geometry.hpp's ActivationKind. NaN stays NaN in every kind.
template <class T>
__device__ __forceinline__ T activate(T x, ActivationKind kind) {
  switch (kind) {
    case ActivationKind::kRelu:
      return x <= T(0) ? T(0) : x;
    case ActivationKind::kRelu6:
      return x <= T(0) ? T(0) : (x >= T(6) ? T(6) : x);
    case ActivationKind::kSigmoid:
    case ActivationKind::kTanh:
      return activate_curved<T>(x, kind);
    default:
      return x;
  }
}

template <class T>
__device__ __forceinline__ T activate_backward(T dy, T y, ActivationKind kind) {
  switch (kind) {
    case ActivationKind::kRelu:
      return y <= T(0) ? T(0) : dy;
    case ActivationKind::kRelu6:
      return y <= T(0) || y >= T(6) ? T(0) : dy;
    case ActivationKind::kSigmoid:
      return dy * y * (T(1) - y);
    case ActivationKind::kTanh:
      return dy * (T(1) - y) * (T(1) + y);
    default:
      return dy;
  }
}

template <class T>
struct ActivationParams {
  Global<const T> x;
  Global<T> y;
  int64_t size;
  ActivationKind kind;
};

template <class T>
__global__ void activation_kernel(ActivationParams<T> p) {
  const int64_t i = global_thread();
  if (i < p.size) p.y[i] = activate<T>(p.x[i], p.kind);
}

template <class T>
struct ActivationBackwardParams {
  Global<const T> dy, y;
  Global<T> dx;
  int64_t size;
  ActivationKind kind;
};

template <class T>
__global__ void activation_backward_kernel(ActivationBackwardParams<T> p) {
  const int64_t i = global_thread();
  if (i < p.size) p.dx[i] = activate_backward<T>(p.dy[i], p.y[i], p.kind);
}

}  // namespace pyconv
