// SPDX-License-Identifier: BSD-3-Clause
// Launchers of local_response_norm.cuh.
#include "ops/local_response_norm.cuh"

#include "launch.cuh"
#include "ops/launchers.hpp"
#include "ops/width.hpp"

namespace pyconv {

template <class T>
void local_response_norm(const T* x, T* y, int64_t n, int64_t c, const ResponseOptions& o,
                         void* stream) {
  const ResponseParams<T> params{
      nullptr, input("x", x, n * c), output("y", y, n * c), n, c, o.size, o.k, o.alpha, o.beta};
  with_width<T>(c % kPackOf<T> == 0 && all_aligned(params.x, params.result), [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    PYCONV_LAUNCH((local_response_norm_kernel<T, kWidth>),
                  blocks(n * c, int64_t{kResponseThreads} * kWidth), kResponseThreads, 0, stream,
                  params);
  });
}

template <class T>
void local_response_norm_backward(const T* dy, const T* x, T* dx, int64_t n, int64_t c,
                                  const ResponseOptions& o, void* stream) {
  const ResponseParams<T> params{input("dy", dy, n * c),
                                 input("x", x, n * c),
                                 output("dx", dx, n * c),
                                 n,
                                 c,
                                 o.size,
                                 o.k,
                                 o.alpha,
                                 o.beta};
  const bool packed = c % kPackOf<T> == 0 && all_aligned(params.dy, params.x, params.result);
  with_width<T>(packed, [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    PYCONV_LAUNCH((local_response_norm_backward_kernel<T, kWidth>),
                  blocks(n * c, int64_t{kResponseThreads} * kWidth), kResponseThreads, 0, stream,
                  params);
  });
}

template void local_response_norm(const float*, float*, int64_t, int64_t, const ResponseOptions&,
                                  void*);
template void local_response_norm(const double*, double*, int64_t, int64_t, const ResponseOptions&,
                                  void*);
template void local_response_norm_backward(const float*, const float*, float*, int64_t, int64_t,
                                           const ResponseOptions&, void*);
template void local_response_norm_backward(const double*, const double*, double*, int64_t, int64_t,
                                           const ResponseOptions&, void*);

}  // namespace pyconv
