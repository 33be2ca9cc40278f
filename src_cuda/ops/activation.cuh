// SPDX-License-Identifier: BSD-3-Clause
// y = f(x) element by element, and dx = f'(x) dy told from y for kinds up to kTanh, else from x.
// One thread, one pack of elements.
#pragma once

#include "ops/elementwise.cuh"
#include "ops/smooth_activation.cuh"
#include "vocabulary.cuh"

namespace pyconv {

// The kinds that cost an exponential. Not inlined: its registers are not the caller's.
template <class T>
__device__ __noinline__ T activate_curved(T x, ActivationKind kind) {
  if (kind == ActivationKind::kTanh) return tanh(x);
  // The exponential of a negative number, so that nothing overflows.
  const T e = exp(x < T(0) ? x : -x);
  return (x < T(0) ? e : T(1)) / (T(1) + e);
}

__device__ __forceinline__ bool is_curved(ActivationKind kind) {
  return kind == ActivationKind::kSigmoid || kind == ActivationKind::kTanh;
}

// Those that cost a comparison, else x. NaN stays NaN in every kind.
template <class T>
__device__ __forceinline__ T activate_straight(T x, ActivationKind kind) {
  if (kind != ActivationKind::kRelu && kind != ActivationKind::kRelu6) return x;
  if (x <= T(0)) return T(0);
  return kind == ActivationKind::kRelu6 && x >= T(6) ? T(6) : x;
}

// The kinds that a product can end with.
template <class T>
__device__ __forceinline__ T activate(T x, ActivationKind kind) {
  return is_curved(kind) ? activate_curved<T>(x, kind) : activate_straight<T>(x, kind);
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

// Every kind; see src_cpp/micro/rectifiers.hpp.
template <class T>
__device__ __forceinline__ T activate(T x, ActivationKind kind, const ActivationOptions& o) {
  switch (kind) {
    case ActivationKind::kLeakyRelu: {
      if (x > T(o.threshold)) return x < T(o.upper) ? x : T(o.upper);
      const T below = x - T(o.threshold);
      return o.slope == 0 && below == below ? T(0) : T(o.slope) * below;
    }
    case ActivationKind::kElu:
      return x < T(0) ? T(o.slope) * expm1(x) : x;
    case ActivationKind::kSelu:
      return x < T(0) ? T(kSeluFactor) * expm1(x) : T(kSeluScale) * x;
    case ActivationKind::kGelu:
    case ActivationKind::kGeluTanh:
      return gelu<T>(x, kind == ActivationKind::kGeluTanh);
    case ActivationKind::kSwish:
      return above_tail(x) * activate_curved<T>(x, ActivationKind::kSigmoid);
    case ActivationKind::kHardSigmoid:
      return hard_sigmoid(x);
    case ActivationKind::kHardSwish:
      return (x < T(-3) ? T(-3) : x) * hard_sigmoid(x);
    case ActivationKind::kSoftplus:
      return (x > T(0) ? x : T(0)) + log1p(exp(x > T(0) ? -x : x));
    default:
      return activate<T>(x, kind);
  }
}

template <class T>
__device__ __forceinline__ T activate_backward(T dy, T kept, ActivationKind kind,
                                               const ActivationOptions& o) {
  switch (kind) {
    case ActivationKind::kLeakyRelu:
      if (kept > T(o.threshold)) return kept < T(o.upper) ? dy : T(0);
      return T(o.slope) * dy;
    case ActivationKind::kElu:
      return kept > T(0) ? dy : dy * (T(o.slope) * exp(kept));
    case ActivationKind::kSelu:
      return dy * (kept > T(0) ? T(kSeluScale) : T(kSeluFactor) * exp(kept));
    case ActivationKind::kGelu:
    case ActivationKind::kGeluTanh:
      return dy * gelu_slope<T>(kept, kind == ActivationKind::kGeluTanh);
    case ActivationKind::kSwish: {
      const T here = activate_curved<T>(kept, ActivationKind::kSigmoid);
      const T there = activate_curved<T>(-kept, ActivationKind::kSigmoid);
      const T near = kept > T(1000) ? T(1000) : above_tail(kept);
      return dy * (here * (T(1) + near * there));
    }
    case ActivationKind::kHardSigmoid:
      return kept > T(-3) && kept < T(3) ? dy / T(6) : T(0);
    case ActivationKind::kHardSwish:
      return dy * (hard_sigmoid(kept) + (kept > T(-3) && kept < T(3) ? kept / T(6) : T(0)));
    case ActivationKind::kSoftplus:
      return dy * activate_curved<T>(kept, ActivationKind::kSigmoid);
    default:
      return activate_backward<T>(dy, kept, kind);
  }
}

template <class T>
struct ActivationParams {
  Global<const T> x;
  Global<T> y;
  int64_t size;
  ActivationKind kind;
  ActivationOptions options;
};

template <class T, int kWidth>
__global__ void activation_kernel(ActivationParams<T> p) {
  const int64_t first = first_element<kWidth>();
  if (first >= p.size) return;
  Pack<T, kWidth> pack = read_elements<kWidth>(p.x, first, p.size);
#pragma unroll
  for (int e = 0; e < kWidth; ++e) pack[e] = activate<T>(pack[e], p.kind, p.options);
  write_elements(p.y, first, p.size, pack);
}

template <class T>
struct ActivationBackwardParams {
  Global<const T> dy, kept;
  Global<T> dx;
  int64_t size;
  ActivationKind kind;
  ActivationOptions options;
};

template <class T, int kWidth>
__global__ void activation_backward_kernel(ActivationBackwardParams<T> p) {
  const int64_t first = first_element<kWidth>();
  if (first >= p.size) return;
  Pack<T, kWidth> dy = read_elements<kWidth>(p.dy, first, p.size);
  const Pack<T, kWidth> kept = read_elements<kWidth>(p.kept, first, p.size);
#pragma unroll
  for (int e = 0; e < kWidth; ++e) {
    dy[e] = activate_backward<T>(dy[e], kept[e], p.kind, p.options);
  }
  write_elements(p.dx, first, p.size, dy);
}

}  // namespace pyconv
