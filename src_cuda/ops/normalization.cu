// SPDX-License-Identifier: BSD-3-Clause
// Launchers of normalization.cuh.
#include "ops/normalization.cuh"

#include "launch.cuh"
#include "ops/launchers.hpp"

namespace pyconv {
namespace {

constexpr int kNormSharedBytes = kNormThreads * static_cast<int>(sizeof(double));

}  // namespace

template <class T>
void normalize(const T* x, const T* gamma, const T* beta, double* mean, double* variance, T* y,
               const NormShape& shape, double epsilon, bool fixed, void* stream) {
  const NormExtent extent{shape.n, shape.pixels, shape.c, shape.groups};
  const int64_t size = shape.n * shape.pixels * shape.c, groups = shape.n * shape.groups;
  if (!fixed) {
    const NormStatisticsParams<T> params{input("x", x, size), output("mean", mean, groups),
                                         output("variance", variance, groups), extent};
    PYCONV_LAUNCH(norm_statistics_kernel<T>, groups, kNormThreads, kNormSharedBytes, stream,
                  params);
  }
  const NormalizeParams<T> params{input("x", x, size),
                                  input("gamma", gamma, shape.c),
                                  input("beta", beta, shape.c),
                                  input<double>("mean", mean, groups),
                                  input<double>("variance", variance, groups),
                                  output("y", y, size),
                                  extent,
                                  epsilon};
  PYCONV_LAUNCH(normalize_kernel<T>, blocks(size, kNormThreads), kNormThreads, 0, stream, params);
}

template <class T>
void normalize_backward(const T* dy, const T* x, const T* gamma, const double* mean,
                        const double* variance, T* dx, T* dgamma, T* dbeta, const NormShape& shape,
                        double epsilon, bool fixed, void* stream) {
  const int64_t size = shape.n * shape.pixels * shape.c, groups = shape.n * shape.groups;
  const NormalizeBackwardParams<T> params{input("dy", dy, size),
                                          input("x", x, size),
                                          input("gamma", gamma, shape.c),
                                          input("mean", mean, groups),
                                          input("variance", variance, groups),
                                          output("dx", dx, size),
                                          output("dgamma", dgamma, shape.c),
                                          output("dbeta", dbeta, shape.c),
                                          {shape.n, shape.pixels, shape.c, shape.groups},
                                          epsilon,
                                          fixed};
  if (dx) {
    PYCONV_LAUNCH(normalize_backward_kernel<T>, groups, kNormThreads, kNormSharedBytes, stream,
                  params);
  }
  if (dgamma || dbeta) {
    PYCONV_LAUNCH(normalize_scale_backward_kernel<T>, shape.c, kNormThreads, kNormSharedBytes,
                  stream, params);
  }
}

template void normalize(const float*, const float*, const float*, double*, double*, float*,
                        const NormShape&, double, bool, void*);
template void normalize(const double*, const double*, const double*, double*, double*, double*,
                        const NormShape&, double, bool, void*);
template void normalize_backward(const float*, const float*, const float*, const double*,
                                 const double*, float*, float*, float*, const NormShape&, double,
                                 bool, void*);
template void normalize_backward(const double*, const double*, const double*, const double*,
                                 const double*, double*, double*, double*, const NormShape&, double,
                                 bool, void*);

}  // namespace pyconv
