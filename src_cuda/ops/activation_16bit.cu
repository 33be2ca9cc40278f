// SPDX-License-Identifier: BSD-3-Clause
// Launchers of activation_16bit.cuh.
#include "ops/activation_16bit.cuh"

#include "launch.cuh"
#include "ops/launchers_16bit.hpp"

namespace pyconv {
namespace {

template <class T>
void forward(const T* x_address, T* y_address, int64_t size, ActivationKind kind,
             const ActivationOptions& options, void* stream) {
  const Global<const T> x = input("x", x_address, size);
  const Global<T> y = output("y", y_address, size);
  const Activation16Params<T> params{x,    y,       size,
                                     kind, options, is_aligned(x, 16) && is_aligned(y, 16)};
  PYCONV_LAUNCH(activation_16bit_kernel<T>, blocks(size, kThreads * kEight), kThreads, 0, stream,
                params);
}

template <class T>
void backward(const T* dy_address, const T* kept_address, T* dx_address, int64_t size,
              ActivationKind kind, const ActivationOptions& options, void* stream) {
  const Global<const T> dy = input("dy", dy_address, size);
  const Global<const T> kept = input("kept", kept_address, size);
  const Global<T> dx = output("dx", dx_address, size);
  const bool packed = is_aligned(dy, 16) && is_aligned(kept, 16) && is_aligned(dx, 16);
  const Activation16BackwardParams<T> params{dy, kept, dx, size, kind, options, packed};
  PYCONV_LAUNCH(activation_16bit_backward_kernel<T>, blocks(size, kThreads * kEight), kThreads, 0,
                stream, params);
}

}  // namespace

void activation(const Float16* x, Float16* y, int64_t size, ActivationKind kind,
                const ActivationOptions& options, void* stream) {
  forward(x, y, size, kind, options, stream);
}
void activation(const Bfloat16* x, Bfloat16* y, int64_t size, ActivationKind kind,
                const ActivationOptions& options, void* stream) {
  forward(x, y, size, kind, options, stream);
}
void activation_backward(const Float16* dy, const Float16* kept, Float16* dx, int64_t size,
                         ActivationKind kind, const ActivationOptions& options, void* stream) {
  backward(dy, kept, dx, size, kind, options, stream);
}
void activation_backward(const Bfloat16* dy, const Bfloat16* kept, Bfloat16* dx, int64_t size,
                         ActivationKind kind, const ActivationOptions& options, void* stream) {
  backward(dy, kept, dx, size, kind, options, stream);
}

}  // namespace pyconv
