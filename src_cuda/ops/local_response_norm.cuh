// SPDX-License-Identifier: BSD-3-Clause
// Local response normalisation of rows (n, c), and its gradient, in double. One thread, one pack of
// neighbouring elements, whose channels share what they read.
#pragma once

#include "pack.cuh"

namespace pyconv {

constexpr int kResponseThreads = 256;
constexpr int kResponseBlocks = 3;  // on a multiprocessor

template <class T>
struct ResponseParams {
  Global<const T> dy, x;  // dy of the backward alone
  Global<T> result;
  int64_t n, c, size;
  double k, alpha, beta;

  // base[e] = k + alpha sum x_j^2 over the channels near i + e of the row that begins at `first`.
  template <int kWidth>
  __device__ void bases(int64_t first, int64_t i, double (&base)[kWidth]) const {
    const int64_t before = (size - 1) / 2, after = size / 2;
#pragma unroll
    for (int e = 0; e < kWidth; ++e) base[e] = 0;
    for (int64_t j = pack_of<kWidth>(i - before); j < i + kWidth + after && j < c; j += kWidth) {
      const auto pack = read_pack<kWidth>(x, first + j);
#pragma unroll
      for (int other = 0; other < kWidth; ++other) {
        const double value = pack[other];
#pragma unroll
        for (int e = 0; e < kWidth; ++e) {
          const int64_t distance = j + other - (i + e);
          if (distance >= -before && distance <= after) base[e] += value * value;
        }
      }
    }
#pragma unroll
    for (int e = 0; e < kWidth; ++e) base[e] = k + alpha * base[e];
  }
  // Where the pack of channel j begins; of those before the row, the row's first one.
  template <int kWidth>
  __device__ static int64_t pack_of(int64_t j) {
    return j < 0 ? 0 : j / kWidth * kWidth;
  }
};

template <class T, int kWidth>
__global__ void __launch_bounds__(kResponseThreads, kResponseBlocks)
    local_response_norm_kernel(ResponseParams<T> p) {
  const int64_t at = global_thread() * kWidth;
  if (at >= p.n * p.c) return;
  const int64_t i = at % p.c;
  double bases[kWidth];
  p.bases(at - i, i, bases);
  auto pack = read_pack<kWidth>(p.x, at);
#pragma unroll
  for (int e = 0; e < kWidth; ++e) pack[e] = static_cast<T>(pack[e] * pow(bases[e], -p.beta));
  write_pack(p.result, at, pack);
}

template <class T, int kWidth>
__global__ void __launch_bounds__(kResponseThreads, kResponseBlocks)
    local_response_norm_backward_kernel(ResponseParams<T> p) {
  const int64_t at = global_thread() * kWidth;
  if (at >= p.n * p.c) return;
  const int64_t j = at % p.c, first = at - j;
  const int64_t before = p.size / 2, after = (p.size - 1) / 2;
  double sums[kWidth] = {}, bases[kWidth];
  for (int64_t i = p.template pack_of<kWidth>(j - before); i < j + kWidth + after && i < p.c;
       i += kWidth) {
    p.bases(first, i, bases);
    const auto dy = read_pack<kWidth>(p.dy, first + i), x = read_pack<kWidth>(p.x, first + i);
#pragma unroll
    for (int other = 0; other < kWidth; ++other) {
      const double term =
          static_cast<double>(dy[other]) * x[other] * pow(bases[other], -p.beta - 1);
#pragma unroll
      for (int e = 0; e < kWidth; ++e) {
        const int64_t distance = i + other - (j + e);
        if (distance >= -before && distance <= after) sums[e] += term;
      }
    }
  }
  p.bases(first, j, bases);
  const auto dy = read_pack<kWidth>(p.dy, at), x = read_pack<kWidth>(p.x, at);
  Pack<T, kWidth> dx;
#pragma unroll
  for (int e = 0; e < kWidth; ++e) {
    const double straight = dy[e] * pow(bases[e], -p.beta);
    dx[e] = static_cast<T>(straight - 2 * p.alpha * p.beta * x[e] * sums[e]);
  }
  write_pack(p.result, at, dx);
}

}  // namespace pyconv
