// SPDX-License-Identifier: BSD-3-Clause
// Launchers of normalization_16bit.cuh.
#include "ops/normalization_16bit.cuh"

#include "launch.cuh"
#include "ops/launchers_16bit.hpp"

namespace pyconv {
namespace {

constexpr int kNorm16SharedBytes = kNormThreads * static_cast<int>(sizeof(double));

// Blocks whose threads share sums.
int64_t sum_blocks(const NormExtent& e) {
  if (e.c == e.groups) return e.n * blocks(e.groups, kNormColumns);
  return e.n * e.groups;
}

template <class T>
void forward(const T* x, const float* gamma, const float* beta, double* mean, double* variance,
             T* y, const NormShape& shape, double epsilon, bool fixed, void* stream) {
  const NormExtent extent{shape.n, shape.pixels, shape.c, shape.groups};
  const int64_t size = shape.n * shape.pixels * shape.c, groups = shape.n * shape.groups;
  if (!fixed) {
    const NormStatisticsParams<T> params{input("x", x, size), output("mean", mean, groups),
                                         output("variance", variance, groups), extent};
    PYCONV_LAUNCH(norm_statistics_16bit_kernel<T>, sum_blocks(extent), kNormThreads,
                  kNorm16SharedBytes, stream, params);
  }
  const NormalizeParams<T, float> params{input("x", x, size),
                                         input("gamma", gamma, shape.c),
                                         input("beta", beta, shape.c),
                                         input<double>("mean", mean, groups),
                                         input<double>("variance", variance, groups),
                                         output("y", y, size),
                                         extent,
                                         epsilon};
  PYCONV_LAUNCH(normalize_16bit_kernel<T>, blocks(size, kNormThreads), kNormThreads, 0, stream,
                params);
}

template <class T>
void backward(const T* dy, const T* x, const float* gamma, const double* mean,
              const double* variance, T* dx, float* dgamma, float* dbeta, const NormShape& shape,
              double epsilon, bool fixed, void* stream) {
  const int64_t size = shape.n * shape.pixels * shape.c, groups = shape.n * shape.groups;
  const NormalizeBackwardParams<T, float> params{input("dy", dy, size),
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
    PYCONV_LAUNCH(normalize_16bit_backward_kernel<T>, sum_blocks(params.extent), kNormThreads,
                  kNorm16SharedBytes, stream, params);
  }
  if (dgamma != nullptr || dbeta != nullptr) {
    PYCONV_LAUNCH(normalize_16bit_scale_backward_kernel<T>, blocks(shape.c, kNormColumns),
                  kNormThreads, kNorm16SharedBytes, stream, params);
  }
}

}  // namespace

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

}  // namespace pyconv
