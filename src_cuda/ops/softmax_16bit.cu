// SPDX-License-Identifier: BSD-3-Clause
// Launchers of softmax_16bit.cuh.
#include "ops/softmax_16bit.cuh"

#include "launch.cuh"
#include "ops/launchers_16bit.hpp"

namespace pyconv {
namespace {

template <class T>
void forward(const T* x, T* y, int64_t n, int64_t classes, bool logarithm, void* stream) {
  const SoftmaxParams<T> params{input("x", x, n * classes), output("y", y, n * classes), n, classes,
                                logarithm};
  PYCONV_LAUNCH(softmax_16bit_kernel<T>, blocks(n, kRowsPerBlock), kRowThreads, 0, stream, params);
}

template <class T>
void backward(const T* dy, const T* y, T* dx, int64_t n, int64_t classes, bool logarithm,
              void* stream) {
  const SoftmaxBackwardParams<T> params{input("dy", dy, n * classes),
                                        input("y", y, n * classes),
                                        output("dx", dx, n * classes),
                                        n,
                                        classes,
                                        logarithm};
  PYCONV_LAUNCH(softmax_16bit_backward_kernel<T>, blocks(n, kRowsPerBlock), kRowThreads, 0, stream,
                params);
}

}  // namespace

void softmax(const Float16* x, Float16* y, int64_t n, int64_t classes, bool logarithm,
             void* stream) {
  forward(x, y, n, classes, logarithm, stream);
}
void softmax(const Bfloat16* x, Bfloat16* y, int64_t n, int64_t classes, bool logarithm,
             void* stream) {
  forward(x, y, n, classes, logarithm, stream);
}
void softmax_backward(const Float16* dy, const Float16* y, Float16* dx, int64_t n, int64_t classes,
                      bool logarithm, void* stream) {
  backward(dy, y, dx, n, classes, logarithm, stream);
}
void softmax_backward(const Bfloat16* dy, const Bfloat16* y, Bfloat16* dx, int64_t n,
                      int64_t classes, bool logarithm, void* stream) {
  backward(dy, y, dx, n, classes, logarithm, stream);
}

}  // namespace pyconv
