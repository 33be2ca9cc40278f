// SPDX-License-Identifier: BSD-3-Clause
// Launchers of activation.cuh.
#include "ops/activation.cuh"

#include "ops/launchers.hpp"
#include "ops/width.hpp"

namespace pyconv {

template <class T>
void activation(const T* x, T* y, int64_t size, ActivationKind kind,
                const ActivationOptions& options, void* stream) {
  const ActivationParams<T> params{input("x", x, size), output("y", y, size), size, kind, options};
  with_width<T>(all_aligned(params.x, params.y), [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    PYCONV_LAUNCH((activation_kernel<T, kWidth>), blocks(size, kThreads * kWidth), kThreads, 0,
                  stream, params);
  });
}

template <class T>
void activation_backward(const T* dy, const T* kept, T* dx, int64_t size, ActivationKind kind,
                         const ActivationOptions& options, void* stream) {
  const ActivationBackwardParams<T> params{input("dy", dy, size),
                                           input("kept", kept, size),
                                           output("dx", dx, size),
                                           size,
                                           kind,
                                           options};
  with_width<T>(all_aligned(params.dy, params.kept, params.dx), [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    PYCONV_LAUNCH((activation_backward_kernel<T, kWidth>), blocks(size, kThreads * kWidth),
                  kThreads, 0, stream, params);
  });
}

template void activation(const float*, float*, int64_t, ActivationKind, const ActivationOptions&,
                         void*);
template void activation(const double*, double*, int64_t, ActivationKind, const ActivationOptions&,
                         void*);
template void activation_backward(const float*, const float*, float*, int64_t, ActivationKind,
                                  const ActivationOptions&, void*);
template void activation_backward(const double*, const double*, double*, int64_t, ActivationKind,
                                  const ActivationOptions&, void*);

}  // namespace pyconv
