// SPDX-License-Identifier: BSD-3-Clause
#include "ops/sigmoid_cross_entropy.hpp"

#include "dispatch.hpp"
#include "ops/pieces.hpp"

namespace pyconv {

template <class T>
void sigmoid_cross_entropy(const T* logits, const T* targets, T* loss, int64_t size,
                           double label_smoothing) {
  const auto apply = kernel_table_of<T>().sigmoid_cross_entropy;
  for_each_piece<T>(size, 3, [&](int64_t first, int64_t count) {
    apply(logits + first, targets + first, loss + first, count, label_smoothing);
  });
}

template <class T>
void sigmoid_cross_entropy_backward(const T* dloss, const T* logits, const T* targets, T* dlogits,
                                    int64_t size, double label_smoothing) {
  const auto apply = kernel_table_of<T>().sigmoid_cross_entropy_backward;
  for_each_piece<T>(size, 4, [&](int64_t first, int64_t count) {
    apply(dloss + first, logits + first, targets + first, dlogits + first, count, label_smoothing);
  });
}

template void sigmoid_cross_entropy(const float*, const float*, float*, int64_t, double);
template void sigmoid_cross_entropy(const double*, const double*, double*, int64_t, double);
template void sigmoid_cross_entropy_backward(const float*, const float*, const float*, float*,
                                             int64_t, double);
template void sigmoid_cross_entropy_backward(const double*, const double*, const double*, double*,
                                             int64_t, double);

}  // namespace pyconv
