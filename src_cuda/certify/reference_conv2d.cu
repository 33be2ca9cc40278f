// SPDX-License-Identifier: BSD-3-Clause
// Launchers of reference_conv2d.cuh.
#include "certify/reference_conv2d.cuh"

#include "certify/reference_conv2d.hpp"
#include "launch.cuh"

namespace pyconv::certify {
namespace {

int64_t input_size(const Window& w) { return w.input_pixels() * w.c; }
int64_t output_size(const Window& w) { return w.output_pixels() * w.f; }
int64_t kernel_size(const Window& w) { return w.taps() * w.group_inputs() * w.f; }

template <class Element>
Images<Element> input_images(Global<Element> data, const Window& w) {
  return {data, w.h, w.w, w.c, w.channels_first != 0};
}
template <class Element>
Images<Element> output_images(Global<Element> data, const Window& w) {
  return {data, w.oh, w.ow, w.f, w.channels_first != 0};
}

}  // namespace

template <class T>
void reference_conv2d(const T* x, const T* kernel, const T* bias, T* y, const Window& window,
                      void* stream) {
  const int64_t size = output_size(window);
  ReferenceParams<T> params{};
  params.window = window;
  params.in = input_images<const T>(input("x", x, input_size(window)), window);
  params.kernel = input("kernel", kernel, kernel_size(window));
  params.bias = input("bias", bias, window.f);
  params.out = output_images<T>(output("y", y, size), window);
  PYCONV_LAUNCH(reference_conv2d_kernel<T>, blocks(size, kThreads), kThreads, 0, stream, params);
}

template <class T>
void reference_conv2d_backward_data(const T* dy, const T* kernel, T* dx, const Window& window,
                                    void* stream) {
  const int64_t size = input_size(window);
  ReferenceParams<T> params{};
  params.window = window;
  params.in = output_images<const T>(input("dy", dy, output_size(window)), window);
  params.kernel = input("kernel", kernel, kernel_size(window));
  params.out = input_images<T>(output("dx", dx, size), window);
  PYCONV_LAUNCH(reference_conv2d_backward_data_kernel<T>, blocks(size, kThreads), kThreads, 0,
                stream, params);
}

template <class T>
void reference_conv2d_backward_kernel(const T* x, const T* dy, T* dkernel, T* dbias,
                                      const Window& window, void* stream) {
  const int64_t size = kernel_size(window);
  ReferenceParams<T> params{};
  params.window = window;
  params.in = input_images<const T>(input("x", x, input_size(window)), window);
  params.gradient = output_images<const T>(input("dy", dy, output_size(window)), window);
  params.sums = output("dkernel", dkernel, size);
  PYCONV_LAUNCH(reference_conv2d_backward_kernel_kernel<T>, blocks(size, kThreads), kThreads, 0,
                stream, params);
  if (dbias == nullptr) return;
  params.sums = output("dbias", dbias, window.f);
  PYCONV_LAUNCH(reference_conv2d_backward_bias_kernel<T>, blocks(window.f, kThreads), kThreads, 0,
                stream, params);
}

template void reference_conv2d(const float*, const float*, const float*, float*, const Window&,
                               void*);
template void reference_conv2d(const double*, const double*, const double*, double*, const Window&,
                               void*);
template void reference_conv2d_backward_data(const float*, const float*, float*, const Window&,
                                             void*);
template void reference_conv2d_backward_data(const double*, const double*, double*, const Window&,
                                             void*);
template void reference_conv2d_backward_kernel(const float*, const float*, float*, float*,
                                               const Window&, void*);
template void reference_conv2d_backward_kernel(const double*, const double*, double*, double*,
                                               const Window&, void*);

}  // namespace pyconv::certify
