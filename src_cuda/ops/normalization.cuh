// SPDX-License-Identifier: BSD-3-Clause
// Normalisation of (n, pixels, c) by the mean and variance of every image's groups of channels, and
// its gradients, of images in 16, 32 or 64 bits. Scale is the type of gamma, beta and their
// gradients, which keep 32 bits at least; statistics are in double. Sums run in double over the
// threads of a block in a fixed tree, which takes 8 neighbouring channels where each is a group
// (batch normalisation), so that it reads whole sectors of memory, else one group.
#pragma once

#include "element.cuh"
#include "ops/elementwise.cuh"

namespace pyconv {

constexpr int kNormThreads = 256;
constexpr int kNormColumns = 8;
constexpr int kNormRows = kNormThreads / kNormColumns;
constexpr int kNormSharedBytes = kNormThreads * static_cast<int>(sizeof(double));

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

// How elements are computed with where nothing is summed: those of 16 bits in float32.
template <class T>
struct NormArithmetic {
  using Wide = float;
  static __device__ __forceinline__ T round(double value) {
    return narrow<T>(static_cast<float>(value));
  }
};
template <>
struct NormArithmetic<float> {
  using Wide = double;
  static __device__ __forceinline__ float round(double value) { return static_cast<float>(value); }
};
template <>
struct NormArithmetic<double> {
  using Wide = double;
  static __device__ __forceinline__ double round(double value) { return value; }
};

template <class T>
struct NormStatisticsParams {
  Global<const T> x;
  Global<double> mean, variance;
  NormExtent extent;
};

template <class T>
__global__ void __launch_bounds__(kNormThreads) norm_statistics_kernel(NormStatisticsParams<T> p) {
  Shared<double> partial = shared<double>(0, kNormThreads);
  const NormShare share(p.extent);
  const int64_t size = share.group < 0 ? 0 : p.extent.group_size();
  const auto pixel = [&](int64_t i) {
    const T element = p.x[p.extent.offset(share.group, i)];
    return static_cast<double>(widen(element));
  };
  double sum = 0, squares = 0;
#pragma unroll 4
  for (int64_t i = share.first; i < size; i += share.step) sum += pixel(i);
  const double mean = share.sum(sum, partial) / p.extent.group_size();
#pragma unroll 4
  for (int64_t i = share.first; i < size; i += share.step) {
    const double distance = pixel(i) - mean;
    squares += distance * distance;
  }
  squares = share.sum(squares, partial);
  if (!share.writes()) return;
  p.mean[share.group] = mean;
  p.variance[share.group] = squares / size;
}

template <class T, class Scale>
struct NormalizeParams {
  Global<const T> x;
  Global<const Scale> gamma, beta;
  Global<const double> mean, variance;
  Global<T> y;
  NormExtent extent;
  double epsilon;
};

// One thread, one pack.
template <class T, class Scale, int kWidth>
__global__ void __launch_bounds__(kNormThreads) normalize_kernel(NormalizeParams<T, Scale> p) {
  using Wide = typename NormArithmetic<T>::Wide;
  const NormExtent& e = p.extent;
  const int64_t first = first_element<kWidth>(), size = e.n * e.pixels * e.c;
  if (first >= size) return;
  Pack<T, kWidth> pack = read_elements<kWidth>(p.x, first, size);
  int64_t row = first / e.c, j = first % e.c;
#pragma unroll
  for (int i = 0; i < kWidth; ++i) {
    if (first + i >= size) break;
    const int64_t group = row / e.pixels * e.groups + j / e.channels();
    const double spread = sqrt(static_cast<double>(p.variance[group]) + p.epsilon);
    const Wide inverse = static_cast<Wide>(1 / spread);
    const Wide scale = p.gamma != nullptr ? static_cast<Wide>(p.gamma[j]) * inverse : inverse;
    const Wide offset = p.beta != nullptr ? static_cast<Wide>(p.beta[j]) : Wide(0);
    const Wide mean = static_cast<Wide>(p.mean[group]);
    pack[i] = NormArithmetic<T>::round((static_cast<Wide>(widen(pack[i])) - mean) * scale + offset);
    if (++j == e.c) {
      j = 0;
      ++row;
    }
  }
  write_elements(p.y, first, size, pack);
}

template <class T, class Scale>
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

template <class T, class Scale>
__global__ void __launch_bounds__(kNormThreads)
    normalize_backward_kernel(NormalizeBackwardParams<T, Scale> p) {
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
#pragma unroll 2
    for (int64_t i = share.first; i < size; i += share.step) {
      const double dy = gradient(i);
      sum += dy;
      product += dy * (at(p.x, i) - mean);
    }
    sum = share.sum(sum, partial) / p.extent.group_size();
    product = share.sum(product, partial) * inverse * inverse / p.extent.group_size();
  }
#pragma unroll 2
  for (int64_t i = share.first; i < size; i += share.step) {
    const double dx = inverse * (gradient(i) - sum - (at(p.x, i) - mean) * product);
    p.dx[p.extent.offset(share.group, i)] = NormArithmetic<T>::round(dx);
  }
}

// dgamma and dbeta; one block, 8 channels.
template <class T, class Scale>
__global__ void __launch_bounds__(kNormThreads)
    normalize_scale_backward_kernel(NormalizeBackwardParams<T, Scale> p) {
  Shared<double> partial = shared<double>(0, kNormThreads);
  const NormExtent& e = p.extent;
  // Rows of all images, a channel a group.
  const NormShare share({1, e.n * e.pixels, e.c, e.c});
  const int64_t j = share.group;
  double sum = 0, product = 0, mean = 0, inverse = 0;
  int64_t known = -1;  // the group whose mean and inverse these are: rows of an image share it
  for (int64_t row = share.first; j >= 0 && row < e.n * e.pixels; row += share.step) {
    const int64_t group = row / e.pixels * e.groups + j / e.channels();
    if (group != known) {
      mean = p.mean[group];
      inverse = 1 / sqrt(static_cast<double>(p.variance[group]) + p.epsilon);
      known = group;
    }
    const T gradient = p.dy[row * e.c + j], pixel = p.x[row * e.c + j];
    const double dy = widen(gradient);
    sum += dy;
    product += dy * (widen(pixel) - mean) * inverse;
  }
  sum = share.sum(sum, partial);
  product = share.sum(product, partial);
  if (share.writes() && p.dbeta != nullptr) p.dbeta[j] = static_cast<Scale>(sum);
  if (share.writes() && p.dgamma != nullptr) p.dgamma[j] = static_cast<Scale>(product);
}

}  // namespace pyconv
