// SPDX-License-Identifier: BSD-3-Clause
// Element-wise activations: the kinds of geometry.hpp.
#pragma once

#include <stdexcept>
#include <string>

#include "geometry.hpp"

namespace pyconv {

// The kind of a code below `count`: kActivations, or kFusedActivations at the end of a product.
inline ActivationKind activation_kind(int64_t code, int64_t count) {
  if (code < 0 || code >= count) {
    throw std::invalid_argument("activation=" + std::to_string(code) + "; must be 0 to " +
                                std::to_string(count - 1));
  }
  return static_cast<ActivationKind>(code);
}

// y[i] = activation(x[i]); x and y may be the same array. A NaN stays.
template <class T>
void activation(const T* x, T* y, int64_t size, ActivationKind kind,
                const ActivationOptions& options);

// dx[i] = dy[i] * activation'(x[i]), from what was kept: the result y for kinds up to kTanh, x for
// the others. At a bend the gradient is that of the lower side.
template <class T>
void activation_backward(const T* dy, const T* kept, T* dx, int64_t size, ActivationKind kind,
                         const ActivationOptions& options);

// What a fused end left undone: sigmoid and tanh.
template <class T>
void finish_activation(T* y, int64_t size, ActivationKind kind) {
  if (kind == ActivationKind::kSigmoid || kind == ActivationKind::kTanh) {
    activation(y, y, size, kind, {});
  }
}

}  // namespace pyconv
