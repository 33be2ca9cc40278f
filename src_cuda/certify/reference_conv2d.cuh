// SPDX-License-Identifier: BSD-3-Clause
// The convolution as its definition says it: one thread sums one element, in the plain order of the
// indices, in T. The oracle of every other kernel on a device, and the first to run on a new one;
// so it shares no index arithmetic with them. Meant to be read, not to be fast.
#pragma once

#include "vocabulary.cuh"

namespace pyconv::certify {

// Images of x and dx, or of y and dy.
template <class Element>
struct Images {
  Global<Element> data;
  int64_t height, width, channels;
  bool channels_first;

  __device__ __forceinline__ int64_t place(int64_t image, int64_t row, int64_t column,
                                           int64_t channel) const {
    if (channels_first) return ((image * channels + channel) * height + row) * width + column;
    return ((image * height + row) * width + column) * channels + channel;
  }
  // Around an image lie zeros; they are multiplied like pixels.
  template <class T>
  __device__ __forceinline__ T read(int64_t image, int64_t row, int64_t column,
                                    int64_t channel) const {
    if (row < 0 || row >= height || column < 0 || column >= width) return T(0);
    return data[place(image, row, column, channel)];
  }
};

// The arrays of one pass; those it does not use are null.
template <class T>
struct ReferenceParams {
  Window window;
  Images<const T> in;        // x, or dy in the gradient of x
  Images<const T> gradient;  // dy in the gradients of kernel and bias
  Global<const T> kernel, bias;
  Images<T> out;   // y, or dx
  Global<T> sums;  // dkernel, or dbias
};

// y[n, p, q, f] = sum over r, s, c of x[n, p sh - top + r dil_h, q sw - left + s dil_w, c]
// kernel[r, s, c, f], + bias[f].
template <class T>
__global__ void reference_conv2d_kernel(ReferenceParams<T> p) {
  const Window& w = p.window;
  const int64_t i = global_thread();
  if (i >= w.n * w.oh * w.ow * w.f) return;
  const int64_t filter = i % w.f;
  const int64_t column = i / w.f % w.ow;
  const int64_t row = i / w.f / w.ow % w.oh;
  const int64_t image = i / w.f / w.ow / w.oh;
  const int64_t inputs = w.c / w.groups;  // channels that a filter sees
  const int64_t first = filter / (w.f / w.groups) * inputs;
  T sum = 0;
  for (int64_t r = 0; r < w.kh; ++r) {
    for (int64_t s = 0; s < w.kw; ++s) {
      const int64_t h = row * w.sh - w.top + r * w.dil_h;
      const int64_t v = column * w.sw - w.left + s * w.dil_w;
      for (int64_t c = 0; c < inputs; ++c) {
        const T weight = p.kernel[((r * w.kw + s) * inputs + c) * w.f + filter];
        sum += p.in.template read<T>(image, h, v, first + c) * weight;
      }
    }
  }
  if (p.bias != nullptr) sum += p.bias[filter];
  p.out.data[p.out.place(image, row, column, filter)] = sum;
}

// dx[n, h, w, c] = sum over r, s, f of dy[n, p, q, f] kernel[r, s, c, f], where the window of
// (p, q) has its tap (r, s) on the pixel (h, w). Where no window has, there is no term.
template <class T>
__global__ void reference_conv2d_backward_data_kernel(ReferenceParams<T> p) {
  const Window& w = p.window;
  const int64_t i = global_thread();
  if (i >= w.n * w.h * w.w * w.c) return;
  const int64_t channel = i % w.c;
  const int64_t column = i / w.c % w.w;
  const int64_t row = i / w.c / w.w % w.h;
  const int64_t image = i / w.c / w.w / w.h;
  const int64_t inputs = w.c / w.groups;
  const int64_t filters = w.f / w.groups;
  const int64_t first = channel / inputs * filters;
  T sum = 0;
  for (int64_t r = 0; r < w.kh; ++r) {
    const int64_t down = row + w.top - r * w.dil_h;  // p sh
    if (down < 0 || down % w.sh != 0 || down / w.sh >= w.oh) continue;
    for (int64_t s = 0; s < w.kw; ++s) {
      const int64_t right = column + w.left - s * w.dil_w;  // q sw
      if (right < 0 || right % w.sw != 0 || right / w.sw >= w.ow) continue;
      const int64_t weights = ((r * w.kw + s) * inputs + channel % inputs) * w.f;
      for (int64_t f = first; f < first + filters; ++f) {
        sum += p.in.template read<T>(image, down / w.sh, right / w.sw, f) * p.kernel[weights + f];
      }
    }
  }
  p.out.data[p.out.place(image, row, column, channel)] = sum;
}

// dkernel[r, s, c, f] = sum over n, p, q of the pixel under the tap times dy[n, p, q, f].
template <class T>
__global__ void reference_conv2d_backward_kernel_kernel(ReferenceParams<T> p) {
  const Window& w = p.window;
  const int64_t inputs = w.c / w.groups;
  const int64_t i = global_thread();
  if (i >= w.kh * w.kw * inputs * w.f) return;
  const int64_t filter = i % w.f;
  const int64_t channel = filter / (w.f / w.groups) * inputs + i / w.f % inputs;
  const int64_t s = i / w.f / inputs % w.kw;
  const int64_t r = i / w.f / inputs / w.kw;
  T sum = 0;
  for (int64_t image = 0; image < w.n; ++image) {
    for (int64_t row = 0; row < w.oh; ++row) {
      for (int64_t column = 0; column < w.ow; ++column) {
        const int64_t h = row * w.sh - w.top + r * w.dil_h;
        const int64_t v = column * w.sw - w.left + s * w.dil_w;
        sum += p.in.template read<T>(image, h, v, channel) *
               p.gradient.template read<T>(image, row, column, filter);
      }
    }
  }
  p.sums[i] = sum;
}

// dbias[f] = sum over n, p, q of dy[n, p, q, f].
template <class T>
__global__ void reference_conv2d_backward_bias_kernel(ReferenceParams<T> p) {
  const Window& w = p.window;
  const int64_t filter = global_thread();
  if (filter >= w.f) return;
  T sum = 0;
  for (int64_t image = 0; image < w.n; ++image) {
    for (int64_t row = 0; row < w.oh; ++row) {
      for (int64_t column = 0; column < w.ow; ++column) {
        sum += p.gradient.template read<T>(image, row, column, filter);
      }
    }
  }
  p.sums[filter] = sum;
}

}  // namespace pyconv::certify
