// SPDX-License-Identifier: BSD-3-Clause
// Launchers of sample2d.cuh.
#include "ops/sample2d.cuh"

#include "launch.cuh"
#include "ops/launchers.hpp"

namespace pyconv {
namespace {

template <class T>
SampleParams<T> sample_params(const char* from_name, const T* from, int64_t from_size,
                              const T* matrices, const char* to_name, T* to, int64_t to_size,
                              const Window& window) {
  return {input(from_name, from, from_size),
          input("matrices", matrices, 6 * window.n),
          output(to_name, to, to_size),
          window,
          Interpolation::kNearest,
          FillMode::kConstant,
          0};
}

template <class T>
SampleParams<T> forward_params(const T* x, const T* matrices, T* y, const Window& window) {
  return sample_params("x", x, window.input_pixels() * window.c, matrices, "y", y,
                       window.output_pixels() * window.c, window);
}

template <class T>
SampleParams<T> backward_params(const T* dy, const T* matrices, T* dx, const Window& window) {
  return sample_params("dy", dy, window.output_pixels() * window.c, matrices, "dx", dx,
                       window.input_pixels() * window.c, window);
}

}  // namespace

template <class T>
void resize(const T* x, T* y, const Window& window, Interpolation interpolation, void* stream) {
  SampleParams<T> params = forward_params<T>(x, nullptr, y, window);
  params.interpolation = interpolation;
  const int64_t size = window.output_pixels() * window.c;
  PYCONV_LAUNCH(sample2d_kernel<T>, blocks(size, kThreads), kThreads, 0, stream, params);
}

template <class T>
void resize_backward(const T* dy, T* dx, const Window& window, Interpolation interpolation,
                     void* stream) {
  SampleParams<T> params = backward_params<T>(dy, nullptr, dx, window);
  params.interpolation = interpolation;
  const int64_t size = window.input_pixels() * window.c;
  PYCONV_LAUNCH(resize_backward_kernel<T>, blocks(size, kThreads), kThreads, 0, stream, params);
}

template <class T>
void affine_sample(const T* x, const T* matrices, T* y, const Window& window,
                   Interpolation interpolation, FillMode fill_mode, double fill_value,
                   void* stream) {
  SampleParams<T> params = forward_params(x, matrices, y, window);
  params.interpolation = interpolation;
  params.fill_mode = fill_mode;
  params.fill_value = fill_value;
  const int64_t size = window.output_pixels() * window.c;
  PYCONV_LAUNCH(sample2d_kernel<T>, blocks(size, kThreads), kThreads, 0, stream, params);
}

template <class T>
void affine_sample_backward(const T* dy, const T* matrices, T* dx, const Window& window,
                            Interpolation interpolation, FillMode fill_mode, void* stream) {
  SampleParams<T> params = backward_params(dy, matrices, dx, window);
  params.interpolation = interpolation;
  params.fill_mode = fill_mode;
  constexpr int kFew = 32;  // threads of a block: there is one for each channel alone
  PYCONV_LAUNCH(affine_sample_backward_kernel<T>, blocks(window.n * window.c, kFew), kFew, 0,
                stream, params);
}

template void resize(const float*, float*, const Window&, Interpolation, void*);
template void resize(const double*, double*, const Window&, Interpolation, void*);
template void resize_backward(const float*, float*, const Window&, Interpolation, void*);
template void resize_backward(const double*, double*, const Window&, Interpolation, void*);
template void affine_sample(const float*, const float*, float*, const Window&, Interpolation,
                            FillMode, double, void*);
template void affine_sample(const double*, const double*, double*, const Window&, Interpolation,
                            FillMode, double, void*);
template void affine_sample_backward(const float*, const float*, float*, const Window&,
                                     Interpolation, FillMode, void*);
template void affine_sample_backward(const double*, const double*, double*, const Window&,
                                     Interpolation, FillMode, void*);

}  // namespace pyconv
