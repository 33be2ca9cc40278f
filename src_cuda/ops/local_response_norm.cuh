// SPDX-License-Identifier: BSD-3-Clause
// Local response normalisation of rows (n, c), and its gradient, in double. One thread, one
// element.
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

constexpr int kResponseThreads = 256;

template <class T>
struct ResponseParams {
  Global<const T> dy, x;  // dy of the backward alone
  Global<T> result;
  int64_t n, c, size;
  double k, alpha, beta;

  // k + alpha sum x_j^2 over the channels near i of the row that begins at `first`.
  __device__ double base(int64_t first, int64_t i) const {
    const int64_t low = i - (size - 1) / 2, high = i + size / 2;
    double sum = 0;
    for (int64_t j = low < 0 ? 0 : low; j <= high && j < c; ++j) {
      const double value = x[first + j];
      sum += value * value;
    }
    return k + alpha * sum;
  }
};

template <class T>
__global__ void __launch_bounds__(kResponseThreads)
    local_response_norm_kernel(ResponseParams<T> p) {
  const int64_t at = global_thread();
  if (at >= p.n * p.c) return;
  const int64_t i = at % p.c;
  p.result[at] = static_cast<T>(p.x[at] * pow(p.base(at - i, i), -p.beta));
}

template <class T>
__global__ void __launch_bounds__(kResponseThreads)
    local_response_norm_backward_kernel(ResponseParams<T> p) {
  const int64_t at = global_thread();
  if (at >= p.n * p.c) return;
  const int64_t j = at % p.c, first = at - j;
  const int64_t low = j - p.size / 2, high = j + (p.size - 1) / 2;
  double sum = 0;
  for (int64_t i = low < 0 ? 0 : low; i <= high && i < p.c; ++i) {
    const double product = static_cast<double>(p.dy[first + i]) * p.x[first + i];
    sum += product * pow(p.base(first, i), -p.beta - 1);
  }
  const double straight = p.dy[at] * pow(p.base(first, j), -p.beta);
  p.result[at] = static_cast<T>(straight - 2 * p.alpha * p.beta * p.x[at] * sum);
}

}  // namespace pyconv
