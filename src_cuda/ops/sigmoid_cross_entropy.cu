// SPDX-License-Identifier: BSD-3-Clause
// Launchers of sigmoid_cross_entropy.cuh.
#include "ops/sigmoid_cross_entropy.cuh"

#include "launch.cuh"
#include "ops/launchers.hpp"

namespace pyconv {

template <class T>
void sigmoid_cross_entropy(const T* logits, const T* targets, T* loss, int64_t size,
                           double label_smoothing, void* stream) {
  const SigmoidCrossEntropyParams<T> params{input("logits", logits, size),
                                            input("targets", targets, size),
                                            output("loss", loss, size),
                                            size,
                                            static_cast<T>(1.0 - label_smoothing),
                                            static_cast<T>(0.5 * label_smoothing)};
  PYCONV_LAUNCH(sigmoid_cross_entropy_kernel<T>, blocks(size, kThreads), kThreads, 0, stream,
                params);
}

template <class T>
void sigmoid_cross_entropy_backward(const T* dloss, const T* logits, const T* targets, T* dlogits,
                                    int64_t size, double label_smoothing, void* stream) {
  const SigmoidCrossEntropyBackwardParams<T> params{input("dloss", dloss, size),
                                                    input("logits", logits, size),
                                                    input("targets", targets, size),
                                                    output("dlogits", dlogits, size),
                                                    size,
                                                    static_cast<T>(1.0 - label_smoothing),
                                                    static_cast<T>(0.5 * label_smoothing)};
  PYCONV_LAUNCH(sigmoid_cross_entropy_backward_kernel<T>, blocks(size, kThreads), kThreads, 0,
                stream, params);
}

template void sigmoid_cross_entropy(const float*, const float*, float*, int64_t, double, void*);
template void sigmoid_cross_entropy(const double*, const double*, double*, int64_t, double, void*);
template void sigmoid_cross_entropy_backward(const float*, const float*, const float*, float*,
                                             int64_t, double, void*);
template void sigmoid_cross_entropy_backward(const double*, const double*, const double*, double*,
                                             int64_t, double, void*);

}  // namespace pyconv
