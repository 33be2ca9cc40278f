// SPDX-License-Identifier: BSD-3-Clause
#include "ops/activation.hpp"

#include <algorithm>

#include "dispatch.hpp"
#include "ops/pieces.hpp"

namespace pyconv {
template <class T>
void activation(const T* x, T* y, int64_t size, ActivationKind kind,
                const ActivationOptions& options) {
  if (kind == ActivationKind::kLinear) {
    if (x != y) std::copy_n(x, size, y);
    return;
  }
  const auto apply = kernel_table_of<T>().activation[static_cast<int64_t>(kind)];
  for_each_piece<T>(
      size, 2, [&](int64_t first, int64_t count) { apply(x + first, y + first, count, options); });
}

template <class T>
void activation_backward(const T* dy, const T* kept, T* dx, int64_t size, ActivationKind kind,
                         const ActivationOptions& options) {
  if (kind == ActivationKind::kLinear) {
    if (dx != dy) std::copy_n(dy, size, dx);
    return;
  }
  const auto apply = kernel_table_of<T>().activation_backward[static_cast<int64_t>(kind)];
  for_each_piece<T>(size, 3, [&](int64_t first, int64_t count) {
    apply(dy + first, kept + first, dx + first, count, options);
  });
}

template void activation(const float*, float*, int64_t, ActivationKind, const ActivationOptions&);
template void activation(const double*, double*, int64_t, ActivationKind, const ActivationOptions&);
template void activation_backward(const float*, const float*, float*, int64_t, ActivationKind,
                                  const ActivationOptions&);
template void activation_backward(const double*, const double*, double*, int64_t, ActivationKind,
                                  const ActivationOptions&);

}  // namespace pyconv
