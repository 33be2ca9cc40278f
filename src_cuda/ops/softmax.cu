// SPDX-License-Identifier: BSD-3-Clause
// Launchers of softmax.cuh.
#include "ops/softmax.cuh"

#include "launch.cuh"
#include "ops/launchers.hpp"
#include "ops/width.hpp"

namespace pyconv {

template <class T>
void softmax(const T* x, T* y, int64_t n, int64_t classes, bool logarithm, void* stream) {
  const SoftmaxParams<T> params{input("x", x, n * classes), output("y", y, n * classes), n, classes,
                                logarithm};
  const bool packed = classes % kPackOf<T> == 0 && all_aligned(params.x, params.y);
  with_width<T>(packed, [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    PYCONV_LAUNCH((softmax_kernel<T, kWidth>), blocks(n, kRowsPerBlock), kRowThreads, 0, stream,
                  params);
  });
}

template <class T>
void softmax_backward(const T* dy, const T* y, T* dx, int64_t n, int64_t classes, bool logarithm,
                      void* stream) {
  const SoftmaxBackwardParams<T> params{input("dy", dy, n * classes),
                                        input("y", y, n * classes),
                                        output("dx", dx, n * classes),
                                        n,
                                        classes,
                                        logarithm};
  const bool packed = classes % kPackOf<T> == 0 && all_aligned(params.dy, params.y, params.dx);
  with_width<T>(packed, [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    PYCONV_LAUNCH((softmax_backward_kernel<T, kWidth>), blocks(n, kRowsPerBlock), kRowThreads, 0,
                  stream, params);
  });
}

template void softmax(const float*, float*, int64_t, int64_t, bool, void*);
template void softmax(const double*, double*, int64_t, int64_t, bool, void*);
template void softmax_backward(const float*, const float*, float*, int64_t, int64_t, bool, void*);
template void softmax_backward(const double*, const double*, double*, int64_t, int64_t, bool,
                               void*);

}  // namespace pyconv
