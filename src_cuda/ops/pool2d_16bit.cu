// SPDX-License-Identifier: BSD-3-Clause
// Launchers of pool2d_16bit.cuh.
#include "ops/pool2d_16bit.cuh"

#include <type_traits>

#include "launch.cuh"
#include "ops/launchers_16bit.hpp"

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

// body gets how many channels a thread takes, as a std::integral_constant.
template <class T, class Body>
void with_count(const Window& window, Global<const T> from, Global<T> to, Body body) {
  if (window.channels_first == 0 && window.c % kEight == 0 && is_aligned(from, 16) &&
      is_aligned(to, 16)) {
    body(std::integral_constant<int, kEight>{});
  } else {
    body(std::integral_constant<int, 1>{});
  }
}

template <class T>
void best(PoolKind kind, const T* x_address, T* y_address, void* argmax, const Window& window,
          void* stream) {
  const int64_t size = window.output_pixels() * window.c;
  const Global<const T> x = input("x", x_address, window.input_pixels() * window.c);
  const Global<T> y = output("y", y_address, size);
  with_offset_type(window, [&](auto type) {
    using Offset = decltype(type);
    const BestPool2DParams<T, Offset> params{
        x, y, output("argmax", static_cast<Offset*>(argmax), size), window};
    with_count(window, x, y, [&](auto count) {
      constexpr int kCount = decltype(count)::value;
      const int64_t grid = blocks(size / kCount, kThreads);
      if (kind == PoolKind::kMin) {
        PYCONV_LAUNCH((best_pool2d_16bit_kernel<T, Offset, true, kCount>), grid, kThreads, 0,
                      stream, params);
      } else {
        PYCONV_LAUNCH((best_pool2d_16bit_kernel<T, Offset, false, kCount>), grid, kThreads, 0,
                      stream, params);
      }
    });
  });
}

template <class T>
void average(const T* x_address, T* y_address, const Window& window, bool count_include_pad,
             void* stream) {
  const int64_t size = window.output_pixels() * window.c;
  const Global<const T> x = input("x", x_address, window.input_pixels() * window.c);
  const Global<T> y = output("y", y_address, size);
  const AvgPool2DParams<T> params{x, y, window, count_include_pad};
  with_count(window, x, y, [&](auto count) {
    constexpr int kCount = decltype(count)::value;
    PYCONV_LAUNCH((avg_pool2d_16bit_kernel<T, kCount>), blocks(size / kCount, kThreads), kThreads,
                  0, stream, params);
  });
}

template <class T>
void average_backward(const T* dy_address, T* dx_address, const Window& window,
                      bool count_include_pad, void* stream) {
  const int64_t size = window.input_pixels() * window.c;
  const Global<const T> dy = input("dy", dy_address, window.output_pixels() * window.c);
  const Global<T> dx = output("dx", dx_address, size);
  const AvgPool2DParams<T> params{dy, dx, window, count_include_pad};
  with_count(window, dy, dx, [&](auto count) {
    constexpr int kCount = decltype(count)::value;
    PYCONV_LAUNCH((avg_pool2d_16bit_backward_kernel<T, kCount>), blocks(size / kCount, kThreads),
                  kThreads, 0, stream, params);
  });
}

template <class T>
void best_backward(const T* dy_address, const void* argmax, T* dx_address, const Window& window,
                   void* stream) {
  const int64_t size = window.output_pixels() * window.c;
  const int64_t pixels = window.input_pixels() * window.c;
  const Global<const T> dy = input("dy", dy_address, size);
  const Global<T> dx = output("dx", dx_address, pixels);
  with_offset_type(window, [&](auto type) {
    using Offset = decltype(type);
    const MaxPool2DBackwardParams<T, Offset> params{
        dy, input("argmax", static_cast<const Offset*>(argmax), size), dx, window};
    with_count(window, dy, dx, [&](auto count) {
      constexpr int kCount = decltype(count)::value;
      PYCONV_LAUNCH((max_pool2d_16bit_backward_kernel<T, Offset, kCount>),
                    blocks(pixels / kCount, kThreads), kThreads, 0, stream, params);
    });
  });
}

}  // namespace

void best_pool2d(PoolKind kind, const Float16* x, Float16* y, void* argmax, const Window& window,
                 void* stream) {
  best(kind, x, y, argmax, window, stream);
}
void best_pool2d(PoolKind kind, const Bfloat16* x, Bfloat16* y, void* argmax, const Window& window,
                 void* stream) {
  best(kind, x, y, argmax, window, stream);
}
void avg_pool2d(const Float16* x, Float16* y, const Window& window, bool count_include_pad,
                void* stream) {
  average(x, y, window, count_include_pad, stream);
}
void avg_pool2d(const Bfloat16* x, Bfloat16* y, const Window& window, bool count_include_pad,
                void* stream) {
  average(x, y, window, count_include_pad, stream);
}
void avg_pool2d_backward(const Float16* dy, Float16* dx, const Window& window,
                         bool count_include_pad, void* stream) {
  average_backward(dy, dx, window, count_include_pad, stream);
}
void avg_pool2d_backward(const Bfloat16* dy, Bfloat16* dx, const Window& window,
                         bool count_include_pad, void* stream) {
  average_backward(dy, dx, window, count_include_pad, stream);
}
void max_pool2d_backward(const Float16* dy, const void* argmax, Float16* dx, const Window& window,
                         void* stream) {
  best_backward(dy, argmax, dx, window, stream);
}
void max_pool2d_backward(const Bfloat16* dy, const void* argmax, Bfloat16* dx, const Window& window,
                         void* stream) {
  best_backward(dy, argmax, dx, window, stream);
}

}  // namespace pyconv
