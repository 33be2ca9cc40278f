// SPDX-License-Identifier: BSD-3-Clause
// softmax.cuh for 16-bit arrays: exponentials in float32, their sums in double. One warp, one row.
#pragma once

#include "element.cuh"
#include "ops/softmax.cuh"

namespace pyconv {

template <class T>
__global__ void __launch_bounds__(kRowThreads) softmax_16bit_kernel(SoftmaxParams<T> p) {
  const int64_t row = global_thread() / kWarpLanes;
  const int64_t lane = threadIdx.x % kWarpLanes;
  if (row >= p.n) return;  // a whole warp leaves
  const Global<const T> x = p.x + row * p.classes;
  const auto logit = [&](int64_t j) {
    const T element = x[j];
    return widen(element);
  };
  float largest = logit(0);
  for (int64_t j = lane; j < p.classes; j += kWarpLanes) {
    const float value = logit(j);
    if (value > largest || value != value) largest = value;
  }
  largest = warp_max(largest);
  double sum = 0;
  for (int64_t j = lane; j < p.classes; j += kWarpLanes) sum += exp(logit(j) - largest);
  sum = warp_sum(sum);
  const float log_sum = static_cast<float>(log(sum)), scale = static_cast<float>(1 / sum);
  for (int64_t j = lane; j < p.classes; j += kWarpLanes) {
    const float shifted = logit(j) - largest;
    p.y[row * p.classes + j] = narrow<T>(p.logarithm ? shifted - log_sum : exp(shifted) * scale);
  }
}

template <class T>
__global__ void __launch_bounds__(kRowThreads)
    softmax_16bit_backward_kernel(SoftmaxBackwardParams<T> p) {
  const int64_t row = global_thread() / kWarpLanes;
  const int64_t lane = threadIdx.x % kWarpLanes;
  if (row >= p.n) return;
  const int64_t first = row * p.classes;
  const auto at = [&](Global<const T> from, int64_t j) {
    const T element = from[first + j];
    return widen(element);
  };
  double sum = 0;
  for (int64_t j = lane; j < p.classes; j += kWarpLanes) {
    sum += (p.logarithm ? 1.0f : at(p.y, j)) * at(p.dy, j);
  }
  const float total = static_cast<float>(warp_sum(sum));
  for (int64_t j = lane; j < p.classes; j += kWarpLanes) {
    const float dy = at(p.dy, j), y = at(p.y, j);
    p.dx[first + j] = narrow<T>(p.logarithm ? dy - exp(y) * total : y * (dy - total));
  }
}

}  // namespace pyconv
