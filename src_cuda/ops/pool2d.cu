// SPDX-License-Identifier: BSD-3-Clause
// Launchers of pool2d.cuh.
#include "ops/pool2d.cuh"

#include "launch.cuh"
#include "ops/launchers.hpp"

namespace pyconv {
namespace {

// Offsets are uint8 in windows of up to 256 pixels, else int32; body gets a value of the type.
template <class Body>
void with_offset_type(const Window& window, Body body) {
  if (window.taps() <= 256) {
    body(uint8_t{});
  } else {
    body(int32_t{});
  }
}

}  // namespace

template <class T>
void best_pool2d(PoolKind kind, const T* x, T* y, void* argmax, const Window& window,
                 void* stream) {
  const int64_t size = window.output_pixels() * window.c;
  with_offset_type(window, [&](auto type) {
    using Offset = decltype(type);
    const BestPool2DParams<T, Offset> params{
        input("x", x, window.input_pixels() * window.c), output("y", y, size),
        output("argmax", static_cast<Offset*>(argmax), size), window};
    if (kind == PoolKind::kMin) {
      PYCONV_LAUNCH((best_pool2d_kernel<T, Offset, true>), blocks(size, kThreads), kThreads, 0,
                    stream, params);
    } else {
      PYCONV_LAUNCH((best_pool2d_kernel<T, Offset, false>), blocks(size, kThreads), kThreads, 0,
                    stream, params);
    }
  });
}

template <class T>
void avg_pool2d(const T* x, T* y, const Window& window, bool count_include_pad, void* stream) {
  const int64_t size = window.output_pixels() * window.c;
  const AvgPool2DParams<T> params{input("x", x, window.input_pixels() * window.c),
                                  output("y", y, size), window, count_include_pad};
  PYCONV_LAUNCH(avg_pool2d_kernel<T>, blocks(size, kThreads), kThreads, 0, stream, params);
}

template <class T>
void avg_pool2d_backward(const T* dy, T* dx, const Window& window, bool count_include_pad,
                         void* stream) {
  const int64_t pixels = window.input_pixels() * window.c;
  const AvgPool2DParams<T> params{input("dy", dy, window.output_pixels() * window.c),
                                  output("dx", dx, pixels), window, count_include_pad};
  PYCONV_LAUNCH(avg_pool2d_backward_kernel<T>, blocks(pixels, kThreads), kThreads, 0, stream,
                params);
}

void max_pool2d_check(const void* argmax, const Window& window, int64_t* first_bad, void* stream) {
  const int64_t size = window.output_pixels() * window.c;
  with_offset_type(window, [&](auto type) {
    using Offset = decltype(type);
    const MaxPool2DCheckParams<Offset> params{
        input("argmax", static_cast<const Offset*>(argmax), size),
        in_out("first_bad", first_bad, 1), window};
    PYCONV_LAUNCH(max_pool2d_check_kernel<Offset>, blocks(size, kThreads), kThreads, 0, stream,
                  params);
  });
}

template <class T>
void max_pool2d_backward(const T* dy, const void* argmax, T* dx, const Window& window,
                         void* stream) {
  const int64_t size = window.output_pixels() * window.c;
  const int64_t pixels = window.input_pixels() * window.c;
  with_offset_type(window, [&](auto type) {
    using Offset = decltype(type);
    const MaxPool2DBackwardParams<T, Offset> params{
        input("dy", dy, size), input("argmax", static_cast<const Offset*>(argmax), size),
        output("dx", dx, pixels), window};
    PYCONV_LAUNCH((max_pool2d_backward_kernel<T, Offset>), blocks(pixels, kThreads), kThreads, 0,
                  stream, params);
  });
}

template void best_pool2d(PoolKind, const float*, float*, void*, const Window&, void*);
template void best_pool2d(PoolKind, const double*, double*, void*, const Window&, void*);
template void avg_pool2d(const float*, float*, const Window&, bool, void*);
template void avg_pool2d(const double*, double*, const Window&, bool, void*);
template void avg_pool2d_backward(const float*, float*, const Window&, bool, void*);
template void avg_pool2d_backward(const double*, double*, const Window&, bool, void*);
template void max_pool2d_backward(const float*, const void*, float*, const Window&, void*);
template void max_pool2d_backward(const double*, const void*, double*, const Window&, void*);

}  // namespace pyconv
