// SPDX-License-Identifier: BSD-3-Clause
// Adam in Keras's form, in place: m += (g - m)(1 - beta_1), v += (g g - v)(1 - beta_2),
// w -= alpha m / (sqrt(v) + epsilon). One thread, one weight; one launch, many tensors.
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

constexpr int kAdamThreads = 256;
constexpr int kAdamTensors = 48;  // 48 x 48 bytes: parameters of a launch end at 4 KB

template <class T>
struct AdamTensor {
  Global<T> param;
  Global<const T> grad;
  Global<T> m, v;
  int64_t size;
  int64_t first_block;
};

template <class T>
struct AdamParams {
  AdamTensor<T> tensors[kAdamTensors];
  int count;
  T alpha, rest_1, rest_2, epsilon;  // rest = 1 - beta
};

template <class T>
__global__ void __launch_bounds__(kAdamThreads) adam_step_kernel(const AdamParams<T> p) {
  int tensor = 0;
  while (tensor + 1 < p.count && p.tensors[tensor + 1].first_block <= blockIdx.x) ++tensor;
  const AdamTensor<T>& it = p.tensors[tensor];
  const int64_t i =
      (static_cast<int64_t>(blockIdx.x) - it.first_block) * kAdamThreads + threadIdx.x;
  if (i >= it.size) return;
  const T g = it.grad[i];
  const T old_m = it.m[i];
  const T old_v = it.v[i];
  const T m = old_m + (g - old_m) * p.rest_1;
  const T v = old_v + (g * g - old_v) * p.rest_2;
  it.m[i] = m;
  it.v[i] = v;
  const T w = it.param[i];
  it.param[i] = w - p.alpha * m / (sqrt(v) + p.epsilon);
}

}  // namespace pyconv
