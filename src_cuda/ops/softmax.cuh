// SPDX-License-Identifier: BSD-3-Clause
// Softmax of rows, or its logarithm, and their gradients from the result. One warp, one row.
#pragma once

#include "ops/rows.cuh"

namespace pyconv {

template <class T>
struct SoftmaxParams {
  Global<const T> x;  // (n, classes)
  Global<T> y;
  int64_t n, classes;
  bool logarithm;
};

template <class T>
__global__ void __launch_bounds__(kRowThreads) softmax_kernel(SoftmaxParams<T> p) {
  const int64_t row = global_thread() / kWarpLanes;
  const int64_t lane = threadIdx.x % kWarpLanes;
  if (row >= p.n) return;  // a whole warp leaves
  const int64_t first = row * p.classes;
  T largest = p.x[first];
  for (int64_t j = lane; j < p.classes; j += kWarpLanes) {
    const T logit = p.x[first + j];
    if (logit > largest || logit != logit) largest = logit;
  }
  largest = warp_max(largest);
  double sum = 0;
  for (int64_t j = lane; j < p.classes; j += kWarpLanes) {
    sum += static_cast<double>(exp(static_cast<T>(p.x[first + j] - largest)));
  }
  sum = warp_sum(sum);
  const double log_sum = log(sum);
  for (int64_t j = lane; j < p.classes; j += kWarpLanes) {
    const T shifted = p.x[first + j] - largest;
    const double y = p.logarithm ? static_cast<double>(shifted) - log_sum
                                 : static_cast<double>(exp(shifted)) / sum;
    p.y[first + j] = static_cast<T>(y);
  }
}

template <class T>
struct SoftmaxBackwardParams {
  Global<const T> dy, y;  // (n, classes)
  Global<T> dx;
  int64_t n, classes;
  bool logarithm;
};

template <class T>
__global__ void __launch_bounds__(kRowThreads) softmax_backward_kernel(SoftmaxBackwardParams<T> p) {
  const int64_t row = global_thread() / kWarpLanes;
  const int64_t lane = threadIdx.x % kWarpLanes;
  if (row >= p.n) return;
  const int64_t first = row * p.classes;
  double sum = 0;
  for (int64_t j = lane; j < p.classes; j += kWarpLanes) {
    const double weight = p.logarithm ? 1.0 : static_cast<double>(p.y[first + j]);
    sum += weight * static_cast<double>(p.dy[first + j]);
  }
  sum = warp_sum(sum);
  for (int64_t j = lane; j < p.classes; j += kWarpLanes) {
    const double dy = p.dy[first + j], y = p.y[first + j];
    p.dx[first + j] = static_cast<T>(p.logarithm ? dy - exp(y) * sum : y * (dy - sum));
  }
}

}  // namespace pyconv
