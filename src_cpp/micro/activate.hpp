// SPDX-License-Identifier: BSD-3-Clause
// The loops over activations: one for values, one for gradients.
#pragma once

#include "micro/activation.hpp"
#include "micro/gelu.hpp"
#include "micro/move.hpp"
#include "micro/rectifiers.hpp"

namespace {

template <class T, class Kind>
void activate(const T* x, T* y, int64_t count, const pyconv::ActivationOptions& options) {
  for (int64_t i = 0; i < count; i += Vec<T>::width) {
    const typename Vec<T>::Reg a = load_first(x + i, count - i);
    store_first(y + i, Kind::template value<T>(a, options), count - i);
  }
}

template <class T, class Kind>
void activate_backward(const T* dy, const T* kept, T* dx, int64_t count,
                       const pyconv::ActivationOptions& options) {
  for (int64_t i = 0; i < count; i += Vec<T>::width) {
    const typename Vec<T>::Reg a = load_first(kept + i, count - i);
    const typename Vec<T>::Reg b = load_first(dy + i, count - i);
    store_first(dx + i, Kind::template gradient<T>(a, b, options), count - i);
  }
}

template <class T, class Kind>
constexpr void fill_activation(pyconv::KernelTable<T>& table, pyconv::ActivationKind kind) {
  table.activation[static_cast<int64_t>(kind)] = &activate<T, Kind>;
  table.activation_backward[static_cast<int64_t>(kind)] = &activate_backward<T, Kind>;
}

template <class T>
constexpr void fill_activations(pyconv::KernelTable<T>& table) {
  using pyconv::ActivationKind;
  fill_activation<T, Relu>(table, ActivationKind::kRelu);
  fill_activation<T, Relu6>(table, ActivationKind::kRelu6);
  fill_activation<T, Sigmoid>(table, ActivationKind::kSigmoid);
  fill_activation<T, Tanh>(table, ActivationKind::kTanh);
  fill_activation<T, LeakyRelu>(table, ActivationKind::kLeakyRelu);
  fill_activation<T, Elu>(table, ActivationKind::kElu);
  fill_activation<T, Selu>(table, ActivationKind::kSelu);
  fill_activation<T, Gelu>(table, ActivationKind::kGelu);
  fill_activation<T, GeluTanh>(table, ActivationKind::kGeluTanh);
  fill_activation<T, Swish>(table, ActivationKind::kSwish);
  fill_activation<T, HardSigmoid>(table, ActivationKind::kHardSigmoid);
  fill_activation<T, HardSwish>(table, ActivationKind::kHardSwish);
  fill_activation<T, Softplus>(table, ActivationKind::kSoftplus);
}

}  // namespace
