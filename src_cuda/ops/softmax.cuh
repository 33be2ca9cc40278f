// SPDX-License-Identifier: BSD-3-Clause
// Softmax of rows, or its logarithm, and their gradients from the result. One warp, one row, which
// it reads in packs where rows are made of whole ones.
#pragma once

#include "ops/rows.cuh"
#include "pack.cuh"

namespace pyconv {

template <class T>
struct SoftmaxParams {
  Global<const T> x;  // (n, classes)
  Global<T> y;
  int64_t n, classes;
  bool logarithm;
};

template <class T, int kWidth>
__global__ void __launch_bounds__(kRowThreads) softmax_kernel(SoftmaxParams<T> p) {
  const int64_t row = global_thread() / kWarpLanes;
  const int64_t mine = threadIdx.x % kWarpLanes * kWidth;
  if (row >= p.n) return;  // a whole warp leaves
  const int64_t first = row * p.classes;
  T largest = p.x[first];
  for (int64_t j = mine; j < p.classes; j += kWarpLanes * kWidth) {
    const auto logits = read_pack<kWidth>(p.x, first + j);
#pragma unroll
    for (int e = 0; e < kWidth; ++e) {
      if (logits[e] > largest || logits[e] != logits[e]) largest = logits[e];
    }
  }
  largest = warp_max(largest);
  double sum = 0;
  for (int64_t j = mine; j < p.classes; j += kWarpLanes * kWidth) {
    const auto logits = read_pack<kWidth>(p.x, first + j);
#pragma unroll
    for (int e = 0; e < kWidth; ++e) {
      sum += static_cast<double>(exp(static_cast<T>(logits[e] - largest)));
    }
  }
  sum = warp_sum(sum);
  const double log_sum = log(sum);
  for (int64_t j = mine; j < p.classes; j += kWarpLanes * kWidth) {
    auto pack = read_pack<kWidth>(p.x, first + j);
#pragma unroll
    for (int e = 0; e < kWidth; ++e) {
      const T shifted = pack[e] - largest;
      const double y = p.logarithm ? static_cast<double>(shifted) - log_sum
                                   : static_cast<double>(exp(shifted)) / sum;
      pack[e] = static_cast<T>(y);
    }
    write_pack(p.y, first + j, pack);
  }
}

template <class T>
struct SoftmaxBackwardParams {
  Global<const T> dy, y;  // (n, classes)
  Global<T> dx;
  int64_t n, classes;
  bool logarithm;
};

template <class T, int kWidth>
__global__ void __launch_bounds__(kRowThreads) softmax_backward_kernel(SoftmaxBackwardParams<T> p) {
  const int64_t row = global_thread() / kWarpLanes;
  const int64_t mine = threadIdx.x % kWarpLanes * kWidth;
  if (row >= p.n) return;
  const int64_t first = row * p.classes;
  double sum = 0;
  for (int64_t j = mine; j < p.classes; j += kWarpLanes * kWidth) {
    const auto y = read_pack<kWidth>(p.y, first + j), dy = read_pack<kWidth>(p.dy, first + j);
#pragma unroll
    for (int e = 0; e < kWidth; ++e) {
      const double weight = p.logarithm ? 1.0 : static_cast<double>(y[e]);
      sum += weight * static_cast<double>(dy[e]);
    }
  }
  sum = warp_sum(sum);
  for (int64_t j = mine; j < p.classes; j += kWarpLanes * kWidth) {
    const auto y = read_pack<kWidth>(p.y, first + j), dy = read_pack<kWidth>(p.dy, first + j);
    Pack<T, kWidth> dx;
#pragma unroll
    for (int e = 0; e < kWidth; ++e) {
      const double slope = dy[e], value = y[e];
      dx[e] = static_cast<T>(p.logarithm ? slope - exp(value) * sum : value * (slope - sum));
    }
    write_pack(p.dx, first + j, dx);
  }
}

}  // namespace pyconv
