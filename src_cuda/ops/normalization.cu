// SPDX-License-Identifier: BSD-3-Clause
// Launchers of normalization.cuh.
#include "ops/normalization.cuh"

#include "launch.cuh"
#include "ops/launchers_16bit.hpp"
#include "ops/width.hpp"

namespace pyconv {
namespace {

// Blocks whose threads share sums.
int64_t sum_blocks(const NormExtent& e) {
  if (e.c == e.groups) return e.n * blocks(e.groups, kNormColumns);
  return e.n * e.groups;
}

template <class T, class Scale>
void forward(const T* x, const Scale* gamma, const Scale* beta, double* mean, double* variance,
             T* y, const NormShape& shape, double epsilon, bool fixed, void* stream) {
  const NormExtent extent{shape.n, shape.pixels, shape.c, shape.groups};
  const int64_t size = shape.n * shape.pixels * shape.c, groups = shape.n * shape.groups;
  if (!fixed) {
    const NormStatisticsParams<T> params{input("x", x, size), output("mean", mean, groups),
                                         output("variance", variance, groups), extent};
    PYCONV_LAUNCH(norm_statistics_kernel<T>, sum_blocks(extent), kNormThreads, kNormSharedBytes,
                  stream, params);
  }
  const NormalizeParams<T, Scale> params{input("x", x, size),
                                         input("gamma", gamma, shape.c),
                                         input("beta", beta, shape.c),
                                         input<double>("mean", mean, groups),
                                         input<double>("variance", variance, groups),
                                         output("y", y, size),
                                         extent,
                                         epsilon};
  with_width<T>(all_aligned(params.x, params.y), [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    PYCONV_LAUNCH((normalize_kernel<T, Scale, kWidth>),
                  blocks(blocks(size, int64_t{kWidth}), kNormThreads), kNormThreads, 0, stream,
                  params);
  });
}

template <class T, class Scale>
void backward(const T* dy, const T* x, const Scale* gamma, const double* mean,
              const double* variance, T* dx, Scale* dgamma, Scale* dbeta, const NormShape& shape,
              double epsilon, bool fixed, void* stream) {
  const int64_t size = shape.n * shape.pixels * shape.c, groups = shape.n * shape.groups;
  const NormalizeBackwardParams<T, Scale> params{input("dy", dy, size),
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
  if (dx != nullptr) {
    PYCONV_LAUNCH((normalize_backward_kernel<T, Scale>), sum_blocks(params.extent), kNormThreads,
                  kNormSharedBytes, stream, params);
  }
  if (dgamma != nullptr || dbeta != nullptr) {
    PYCONV_LAUNCH((normalize_scale_backward_kernel<T, Scale>), blocks(shape.c, kNormColumns),
                  kNormThreads, kNormSharedBytes, stream, params);
  }
}

}  // namespace

template <class T>
void normalize(const T* x, const T* gamma, const T* beta, double* mean, double* variance, T* y,
               const NormShape& shape, double epsilon, bool fixed, void* stream) {
  forward(x, gamma, beta, mean, variance, y, shape, epsilon, fixed, stream);
}
template <class T>
void normalize_backward(const T* dy, const T* x, const T* gamma, const double* mean,
                        const double* variance, T* dx, T* dgamma, T* dbeta, const NormShape& shape,
                        double epsilon, bool fixed, void* stream) {
  backward(dy, x, gamma, mean, variance, dx, dgamma, dbeta, shape, epsilon, fixed, stream);
}

void normalize(const Float16* x, const float* gamma, const float* beta, double* mean,
               double* variance, Float16* y, const NormShape& shape, double epsilon, bool fixed,
               void* stream) {
  forward(x, gamma, beta, mean, variance, y, shape, epsilon, fixed, stream);
}
void normalize(const Bfloat16* x, const float* gamma, const float* beta, double* mean,
               double* variance, Bfloat16* y, const NormShape& shape, double epsilon, bool fixed,
               void* stream) {
  forward(x, gamma, beta, mean, variance, y, shape, epsilon, fixed, stream);
}
void normalize_backward(const Float16* dy, const Float16* x, const float* gamma, const double* mean,
                        const double* variance, Float16* dx, float* dgamma, float* dbeta,
                        const NormShape& shape, double epsilon, bool fixed, void* stream) {
  backward(dy, x, gamma, mean, variance, dx, dgamma, dbeta, shape, epsilon, fixed, stream);
}
void normalize_backward(const Bfloat16* dy, const Bfloat16* x, const float* gamma,
                        const double* mean, const double* variance, Bfloat16* dx, float* dgamma,
                        float* dbeta, const NormShape& shape, double epsilon, bool fixed,
                        void* stream) {
  backward(dy, x, gamma, mean, variance, dx, dgamma, dbeta, shape, epsilon, fixed, stream);
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
