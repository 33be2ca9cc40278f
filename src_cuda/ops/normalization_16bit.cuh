// SPDX-License-Identifier: BSD-3-Clause
// normalization.cuh for 16-bit images: statistics, gamma, beta and their gradients keep more bits.
// Sums run in double over the threads of a block in a fixed tree, which takes 8 neighbouring
// channels where each is a group (batch normalisation), else one group.
#pragma once

#include "element.cuh"
#include "ops/normalization.cuh"

namespace pyconv {

constexpr int kNormColumns = 8;
constexpr int kNormRows = kNormThreads / kNormColumns;

// A thread's share of the sums of a block. Columns: groups of one channel, side by side in memory;
// their sums are over all rows.
struct NormShare {
  NormExtent extent;
  bool columns;
  int64_t group;        // of this thread
  int64_t first, step;  // elements of the group

  __device__ __forceinline__ NormShare(const NormExtent& e)
      : extent(e), columns(e.channels() == 1) {
    const int64_t block = blockIdx.x;
    const int thread = static_cast<int>(threadIdx.x);
    if (columns) {
      const int64_t side = (e.groups + kNormColumns - 1) / kNormColumns;
      const int64_t column = block % side * kNormColumns + thread % kNormColumns;
      group = column < e.groups ? block / side * e.groups + column : -1;
      first = thread / kNormColumns;
      step = kNormRows;
    } else {
      group = block;
      first = thread;
      step = kNormThreads;
    }
  }

  __device__ __forceinline__ bool writes() const {
    return group >= 0 && static_cast<int>(threadIdx.x) < (columns ? kNormColumns : 1);
  }

  // The same sum in every thread that has the group.
  __device__ __forceinline__ double sum(double value, Shared<double> partial) const {
    const int thread = static_cast<int>(threadIdx.x);
    const int width = columns ? kNormColumns : 1;
    partial[thread] = value;
    __syncthreads();
    for (int half = kNormThreads / 2; half >= width; half /= 2) {
      if (thread < half) {
        value += partial[thread + half];
        partial[thread] = value;
      }
      __syncthreads();
    }
    value = partial[thread % width];
    __syncthreads();
    return value;
  }
};

template <class T>
__global__ void __launch_bounds__(kNormThreads)
    norm_statistics_16bit_kernel(NormStatisticsParams<T> p) {
  Shared<double> partial = shared<double>(0, kNormThreads);
  const NormShare share(p.extent);
  const int64_t size = share.group < 0 ? 0 : p.extent.group_size();
  const auto pixel = [&](int64_t i) {
    const T element = p.x[p.extent.offset(share.group, i)];
    return static_cast<double>(widen(element));
  };
  double sum = 0, squares = 0;
  for (int64_t i = share.first; i < size; i += share.step) sum += pixel(i);
  const double mean = share.sum(sum, partial) / p.extent.group_size();
  for (int64_t i = share.first; i < size; i += share.step) {
    const double distance = pixel(i) - mean;
    squares += distance * distance;
  }
  squares = share.sum(squares, partial);
  if (!share.writes()) return;
  p.mean[share.group] = mean;
  p.variance[share.group] = squares / size;
}

// One thread, one element.
template <class T>
__global__ void __launch_bounds__(kNormThreads)
    normalize_16bit_kernel(NormalizeParams<T, float> p) {
  const NormExtent& e = p.extent;
  const int64_t i = global_thread();
  if (i >= e.n * e.pixels * e.c) return;
  const int64_t j = i % e.c;
  const int64_t group = i / (e.pixels * e.c) * e.groups + j / e.channels();
  const float inverse =
      static_cast<float>(1 / sqrt(static_cast<double>(p.variance[group]) + p.epsilon));
  const float scale = p.gamma != nullptr ? p.gamma[j] * inverse : inverse;
  const float offset = p.beta != nullptr ? p.beta[j] : 0.0f;
  const T element = p.x[i];
  const float mean = static_cast<float>(p.mean[group]);
  p.y[i] = narrow<T>((widen(element) - mean) * scale + offset);
}

template <class T>
__global__ void __launch_bounds__(kNormThreads)
    normalize_16bit_backward_kernel(NormalizeBackwardParams<T, float> p) {
  Shared<double> partial = shared<double>(0, kNormThreads);
  const NormShare share(p.extent);
  const int64_t size = share.group < 0 ? 0 : p.extent.group_size();
  const double mean = share.group < 0 ? 0.0 : static_cast<double>(p.mean[share.group]);
  const double variance = share.group < 0 ? 1.0 : static_cast<double>(p.variance[share.group]);
  const double inverse = 1 / sqrt(variance + p.epsilon);
  const auto at = [&](Global<const T> from, int64_t i) {
    const T element = from[p.extent.offset(share.group, i)];
    return static_cast<double>(widen(element));
  };
  const auto gradient = [&](int64_t i) {
    const double dy = at(p.dy, i);
    return p.gamma != nullptr ? dy * p.gamma[p.extent.channel(share.group, i)] : dy;
  };
  double sum = 0, product = 0;
  if (!p.fixed) {
    for (int64_t i = share.first; i < size; i += share.step) {
      const double dy = gradient(i);
      sum += dy;
      product += dy * (at(p.x, i) - mean);
    }
    sum = share.sum(sum, partial) / p.extent.group_size();
    product = share.sum(product, partial) * inverse * inverse / p.extent.group_size();
  }
  for (int64_t i = share.first; i < size; i += share.step) {
    const double dx = inverse * (gradient(i) - sum - (at(p.x, i) - mean) * product);
    p.dx[p.extent.offset(share.group, i)] = narrow<T>(static_cast<float>(dx));
  }
}

// dgamma and dbeta; one block, 8 channels.
template <class T>
__global__ void __launch_bounds__(kNormThreads)
    normalize_16bit_scale_backward_kernel(NormalizeBackwardParams<T, float> p) {
  Shared<double> partial = shared<double>(0, kNormThreads);
  const NormExtent& e = p.extent;
  // Rows of all images, a channel a group.
  const NormShare share({1, e.n * e.pixels, e.c, e.c});
  const int64_t j = share.group;
  double sum = 0, product = 0;
  for (int64_t row = share.first; j >= 0 && row < e.n * e.pixels; row += share.step) {
    const int64_t group = row / e.pixels * e.groups + j / e.channels();
    const double inverse = 1 / sqrt(static_cast<double>(p.variance[group]) + p.epsilon);
    const T gradient = p.dy[row * e.c + j], pixel = p.x[row * e.c + j];
    const double dy = widen(gradient);
    sum += dy;
    product += dy * (widen(pixel) - p.mean[group]) * inverse;
  }
  sum = share.sum(sum, partial);
  product = share.sum(product, partial);
  if (share.writes() && p.dbeta != nullptr) p.dbeta[j] = static_cast<float>(sum);
  if (share.writes() && p.dgamma != nullptr) p.dgamma[j] = static_cast<float>(product);
}

}  // namespace pyconv
