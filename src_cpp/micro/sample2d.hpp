// SPDX-License-Identifier: BSD-3-Clause
// Output pixels as weighted sums of input pixels, and the adjoint. Channels are lanes.
#pragma once

#include "kernels.hpp"
#include "micro/move.hpp"

namespace {

template <class T>
inline bool is_copy(const pyconv::SampledPixel<T>& pixel) {
  return pixel.count == 1 && pixel.weight[0] == T(1);
}

// Of so few channels each is a sum of its own: a masked vector costs more.
template <int kChannels, class T>
inline void sample_few(const T* const* from, const pyconv::SampledPixel<T>& pixel, T* y) {
  if (is_copy(pixel)) {
    PYCONV_UNROLL
    for (int k = 0; k < kChannels; ++k) y[k] = from[0][k];
    return;
  }
  T sum[kChannels];
  PYCONV_UNROLL
  for (int k = 0; k < kChannels; ++k) sum[k] = pixel.constant;
  for (int t = 0; t < pixel.count; ++t) {
    PYCONV_UNROLL
    for (int k = 0; k < kChannels; ++k) sum[k] += pixel.weight[t] * from[t][k];
  }
  PYCONV_UNROLL
  for (int k = 0; k < kChannels; ++k) y[k] = sum[k];
}

constexpr int64_t kFewChannels = 4;

template <class T>
inline void sample_pixel(const T* const* from, const pyconv::SampledPixel<T>& pixel, T* y,
                         int64_t c) {
  using V = Vec<T>;
  for (int64_t channel = 0; channel < c; channel += V::width) {
    const int64_t count = c - channel;
    typename V::Reg sum = V::set(pixel.constant);
    for (int t = 0; t < pixel.count; ++t) {
      sum = V::fma(V::set(pixel.weight[t]), load_first(from[t] + channel, count), sum);
    }
    store_first(y + channel, sum, count);
  }
}

template <class T>
void sample_pixels(const T* image, const pyconv::SampledPixel<T>* pixels, int64_t count, T* y,
                   int64_t pitch, int64_t c) {
  for (int64_t j = 0; j < count; ++j, y += pitch) {
    const pyconv::SampledPixel<T>& pixel = pixels[j];
    const T* from[4];
    for (int t = 0; t < pixel.count; ++t) from[t] = image + pixel.from[t] * pitch;
    if (c == 1) {
      sample_few<1>(from, pixel, y);
    } else if (c == 2) {
      sample_few<2>(from, pixel, y);
    } else if (c == 3) {
      sample_few<3>(from, pixel, y);
    } else if (is_copy(pixel)) {
      copy_elements(y, from[0], c);
    } else {
      sample_pixel(from, pixel, y, c);
    }
  }
}

// dx[from] += weight * dy, in the order of the pixels.
template <class T>
void sample_pixels_backward(const T* dy, const pyconv::SampledPixel<T>* pixels, int64_t count,
                            T* dx, int64_t pitch, int64_t c) {
  using V = Vec<T>;
  for (int64_t j = 0; j < count; ++j, dy += pitch) {
    for (int t = 0; t < pixels[j].count; ++t) {
      T* to = dx + pixels[j].from[t] * pitch;
      const T weight = pixels[j].weight[t];
      if (c < kFewChannels) {
        for (int64_t channel = 0; channel < c; ++channel) to[channel] += weight * dy[channel];
        continue;
      }
      for (int64_t channel = 0; channel < c; channel += V::width) {
        const int64_t lanes = c - channel;
        const typename V::Reg part = load_first(dy + channel, lanes);
        const typename V::Reg sum = load_first<T>(to + channel, lanes);
        store_first(to + channel, V::fma(V::set(weight), part, sum), lanes);
      }
    }
  }
}

}  // namespace
