// SPDX-License-Identifier: BSD-3-Clause
// Binary cross-entropy of logits and its gradient, by the formulas of
// src_cpp/micro/sigmoid_cross_entropy.hpp. One thread, one element.
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

template <class T>
struct SigmoidCrossEntropyParams {
  Global<const T> logits, targets;
  Global<T> loss;
  int64_t size;
  T keep, half;  // smoothing: t and 1 - t times keep, plus half
};

template <class T>
__global__ void sigmoid_cross_entropy_kernel(SigmoidCrossEntropyParams<T> p) {
  const int64_t i = global_thread();
  if (i >= p.size) return;
  const T x = p.logits[i], t = p.targets[i];
  const T size = x > T(0) ? x : -x;
  const T other = (x > T(0) ? T(1) - t : t) * p.keep + p.half;
  p.loss[i] = log1p(exp(-size)) + (other == T(0) ? T(0) : size * other);
}

template <class T>
struct SigmoidCrossEntropyBackwardParams {
  Global<const T> dloss, logits, targets;
  Global<T> dlogits;
  int64_t size;
  T keep, half;
};

template <class T>
__global__ void sigmoid_cross_entropy_backward_kernel(SigmoidCrossEntropyBackwardParams<T> p) {
  const int64_t i = global_thread();
  if (i >= p.size) return;
  const T x = p.logits[i], t = p.targets[i];
  const T e = exp(x > T(0) ? -x : x);
  const T large = T(1) / (T(1) + e), small = e / (T(1) + e);
  const T yes = t * p.keep + p.half, no = (T(1) - t) * p.keep + p.half;
  const T slope = no * (x > T(0) ? large : small) - yes * (x > T(0) ? small : large);
  p.dlogits[i] = p.dloss[i] * slope;
}

}  // namespace pyconv
