// SPDX-License-Identifier: BSD-3-Clause
// Normalisation of (n, pixels, c) by the mean and variance of every image's groups of channels, and
// its gradients. Sums run in double, over the threads of a block in a fixed tree.
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

constexpr int kNormThreads = 256;

struct NormExtent {
  int64_t n, pixels, c, groups;
  __device__ int64_t channels() const { return c / groups; }
  __device__ int64_t group_size() const { return pixels * channels(); }
  // Element i of a group of an image; group counts on over the images.
  __device__ int64_t offset(int64_t group, int64_t i) const {
    return (group / groups * pixels + i / channels()) * c + channel(group, i);
  }
  __device__ int64_t channel(int64_t group, int64_t i) const {
    return group % groups * channels() + i % channels();
  }
};

// The same sum in every thread of the block.
__device__ __forceinline__ double block_sum(double value, Shared<double> partial) {
  partial[threadIdx.x] = value;
  __syncthreads();
  for (int half = kNormThreads / 2; half > 0; half /= 2) {
    if (static_cast<int>(threadIdx.x) < half) {
      value += partial[threadIdx.x + half];
      partial[threadIdx.x] = value;
    }
    __syncthreads();
  }
  value = partial[0];
  __syncthreads();
  return value;
}

template <class T>
struct NormStatisticsParams {
  Global<const T> x;
  Global<double> mean, variance;
  NormExtent extent;
};

// One block, one group.
template <class T>
__global__ void __launch_bounds__(kNormThreads) norm_statistics_kernel(NormStatisticsParams<T> p) {
  Shared<double> partial = shared<double>(0, kNormThreads);
  const int64_t group = blockIdx.x, size = p.extent.group_size();
  double sum = 0;
  for (int64_t i = threadIdx.x; i < size; i += kNormThreads) sum += p.x[p.extent.offset(group, i)];
  const double mean = block_sum(sum, partial) / size;
  double squares = 0;
  for (int64_t i = threadIdx.x; i < size; i += kNormThreads) {
    const double distance = p.x[p.extent.offset(group, i)] - mean;
    squares += distance * distance;
  }
  squares = block_sum(squares, partial);
  if (threadIdx.x == 0) {
    p.mean[group] = mean;
    p.variance[group] = squares / size;
  }
}

// Scale is the type of gamma, beta and their gradients.
template <class T, class Scale = T>
struct NormalizeParams {
  Global<const T> x;
  Global<const Scale> gamma, beta;
  Global<const double> mean, variance;
  Global<T> y;
  NormExtent extent;
  double epsilon;
};

// One thread, one element.
template <class T>
__global__ void __launch_bounds__(kNormThreads) normalize_kernel(NormalizeParams<T> p) {
  const NormExtent& e = p.extent;
  const int64_t i = global_thread();
  if (i >= e.n * e.pixels * e.c) return;
  const int64_t j = i % e.c;
  const int64_t group = i / (e.pixels * e.c) * e.groups + j / e.channels();
  const double inverse = 1 / sqrt(static_cast<double>(p.variance[group]) + p.epsilon);
  const double scale = p.gamma != nullptr ? static_cast<double>(p.gamma[j]) * inverse : inverse;
  const double offset = p.beta != nullptr ? static_cast<double>(p.beta[j]) : 0.0;
  p.y[i] = static_cast<T>((p.x[i] - p.mean[group]) * scale + offset);
}

template <class T, class Scale = T>
struct NormalizeBackwardParams {
  Global<const T> dy, x;
  Global<const Scale> gamma;
  Global<const double> mean, variance;
  Global<T> dx;
  Global<Scale> dgamma, dbeta;
  NormExtent extent;
  double epsilon;
  bool fixed;
};

// dx; one block, one group.
template <class T>
__global__ void __launch_bounds__(kNormThreads)
    normalize_backward_kernel(NormalizeBackwardParams<T> p) {
  Shared<double> partial = shared<double>(0, kNormThreads);
  const int64_t group = blockIdx.x, size = p.extent.group_size();
  const double mean = p.mean[group];
  const double inverse = 1 / sqrt(static_cast<double>(p.variance[group]) + p.epsilon);
  const auto gradient = [&](int64_t i) {
    const double dy = p.dy[p.extent.offset(group, i)];
    return p.gamma != nullptr ? dy * p.gamma[p.extent.channel(group, i)] : dy;
  };
  double sum = 0, product = 0;
  if (!p.fixed) {
    for (int64_t i = threadIdx.x; i < size; i += kNormThreads) {
      sum += gradient(i);
      product += gradient(i) * (p.x[p.extent.offset(group, i)] - mean);
    }
    sum = block_sum(sum, partial) / size;
    product = block_sum(product, partial) * inverse * inverse / size;
  }
  for (int64_t i = threadIdx.x; i < size; i += kNormThreads) {
    const int64_t at = p.extent.offset(group, i);
    p.dx[at] = static_cast<T>(inverse * (gradient(i) - sum - (p.x[at] - mean) * product));
  }
}

// dgamma and dbeta; one block, one channel.
template <class T>
__global__ void __launch_bounds__(kNormThreads)
    normalize_scale_backward_kernel(NormalizeBackwardParams<T> p) {
  Shared<double> partial = shared<double>(0, kNormThreads);
  const NormExtent& e = p.extent;
  const int64_t j = blockIdx.x;
  double sum = 0, product = 0;
  for (int64_t row = threadIdx.x; row < e.n * e.pixels; row += kNormThreads) {
    const int64_t group = row / e.pixels * e.groups + j / e.channels();
    const double inverse = 1 / sqrt(static_cast<double>(p.variance[group]) + p.epsilon);
    const double dy = p.dy[row * e.c + j];
    sum += dy;
    product += dy * (p.x[row * e.c + j] - p.mean[group]) * inverse;
  }
  sum = block_sum(sum, partial);
  product = block_sum(product, partial);
  if (threadIdx.x == 0 && p.dbeta != nullptr) p.dbeta[j] = static_cast<T>(sum);
  if (threadIdx.x == 0 && p.dgamma != nullptr) p.dgamma[j] = static_cast<T>(product);
}

}  // namespace pyconv
