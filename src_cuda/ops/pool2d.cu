// SPDX-License-Identifier: BSD-3-Clause
// Launchers of pool2d.cuh.
#include "ops/pool2d.cuh"

#include "launch.cuh"
#include "ops/launchers.hpp"
#include "ops/width.hpp"

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

// Whether channels are neighbours, in whole packs that are aligned.
template <class T, class... Images>
bool pools_packs(const Window& window, const Images&... images) {
  return window.channels_first == 0 && window.c % kPackOf<T> == 0 && all_aligned(images...);
}
// The same of offsets, which may be absent.
template <class T, class Offset>
bool packs_offsets(const Global<Offset>& offsets) {
  return is_aligned(offsets, sizeof(Offset) * kPackOf<T>);
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
    const bool packed =
        pools_packs<T>(window, params.x, params.y) && packs_offsets<T>(params.argmax);
    with_width<T>(packed, [&](auto width) {
      constexpr int kWidth = decltype(width)::value;
      const int64_t grid = blocks(size, int64_t{kThreads} * kWidth);
      if (kind == PoolKind::kMin) {
        PYCONV_LAUNCH((best_pool2d_kernel<T, Offset, true, kWidth>), grid, kThreads, 0, stream,
                      params);
      } else {
        PYCONV_LAUNCH((best_pool2d_kernel<T, Offset, false, kWidth>), grid, kThreads, 0, stream,
                      params);
      }
    });
  });
}

template <class T>
void avg_pool2d(const T* x, T* y, const Window& window, bool count_include_pad, void* stream) {
  const int64_t size = window.output_pixels() * window.c;
  const AvgPool2DParams<T> params{input("x", x, window.input_pixels() * window.c),
                                  output("y", y, size), window, count_include_pad};
  with_width<T>(pools_packs<T>(window, params.x, params.y), [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    PYCONV_LAUNCH((avg_pool2d_kernel<T, kWidth>), blocks(size, int64_t{kThreads} * kWidth),
                  kThreads, 0, stream, params);
  });
}

template <class T>
void avg_pool2d_backward(const T* dy, T* dx, const Window& window, bool count_include_pad,
                         void* stream) {
  const int64_t pixels = window.input_pixels() * window.c;
  const AvgPool2DParams<T> params{input("dy", dy, window.output_pixels() * window.c),
                                  output("dx", dx, pixels), window, count_include_pad};
  with_width<T>(pools_packs<T>(window, params.x, params.y), [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    PYCONV_LAUNCH((avg_pool2d_backward_kernel<T, kWidth>),
                  blocks(pixels, int64_t{kThreads} * kWidth), kThreads, 0, stream, params);
  });
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
    const bool packed =
        pools_packs<T>(window, params.dy, params.dx) && packs_offsets<T>(params.argmax);
    with_width<T>(packed, [&](auto width) {
      constexpr int kWidth = decltype(width)::value;
      PYCONV_LAUNCH((max_pool2d_backward_kernel<T, Offset, kWidth>),
                    blocks(pixels, int64_t{kThreads} * kWidth), kThreads, 0, stream, params);
    });
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
