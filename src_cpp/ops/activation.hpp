// SPDX-License-Identifier: BSD-3-Clause
// Element-wise activations: linear, relu, relu6, sigmoid, tanh.
#pragma once

#include <stdexcept>
#include <string>

#include "geometry.hpp"

namespace pyconv {

inline ActivationKind activation_kind(int64_t code) {
  if (code < 0 || code > 4) {
    throw std::invalid_argument("activation=" + std::to_string(code) + "; must be 0 to 4");
  }
  return static_cast<ActivationKind>(code);
}

// y[i] = activation(x[i]); x and y may be the same array. A NaN stays.
template <class T>
void activation(const T* x, T* y, int64_t size, ActivationKind kind);

// dx[i] = dy[i] * activation'(x[i]), from the activation's result y; relu's gradient is 0 at 0.
template <class T>
void activation_backward(const T* dy, const T* y, T* dx, int64_t size, ActivationKind kind);

// What a fused end left undone: sigmoid and tanh.
template <class T>
void finish_activation(T* y, int64_t size, ActivationKind kind) {
  if (kind == ActivationKind::kSigmoid || kind == ActivationKind::kTanh) {
    activation(y, y, size, kind);
  }
}

}  // namespace pyconv
