// SPDX-License-Identifier: BSD-3-Clause
// Every operation of the module, on device addresses: arguments as in pyconv/_cuda.pyi, in which
// the shapes are written. T is float or double. Nothing is allocated, nothing waits.
#pragma once

#include <cstdint>

#include "geometry.hpp"

namespace pyconv {

template <class T>
void gemm(const T* a, const T* b, T* c, int64_t m, int64_t n, int64_t k, bool transpose_a,
          bool transpose_b, void* stream);

template <class T>
void im2col(const T* x, T* col, const Window& window, void* stream);
template <class T>
void col2im(const T* col, T* dx, const Window& window, void* stream);

enum class Direction : int64_t { kForward = 0, kData = 1, kKernel = 2 };
int64_t conv2d_workspace(int64_t element_bytes, const Window& window, Algorithm algorithm,
                         Direction direction);
// Whether every channel has filters of its own: then kDirect means kernels for that.
bool is_depthwise(const Window& window);
template <class T>
void conv2d(const T* x, const T* kernel, const T* bias, T* y, const Window& window,
            Algorithm algorithm, ActivationKind activation, T* workspace, void* stream);
template <class T>
void conv2d_backward_data(const T* dy, const T* kernel, T* dx, const Window& window,
                          Algorithm algorithm, T* workspace, void* stream);
template <class T>
void conv2d_backward_kernel(const T* x, const T* dy, T* dkernel, T* dbias, const Window& window,
                            Algorithm algorithm, T* workspace, void* stream);

enum class PoolKind : int { kMax = 0, kMin = 1 };
template <class T>
void best_pool2d(PoolKind kind, const T* x, T* y, void* argmax, const Window& window, void* stream);
template <class T>
void avg_pool2d(const T* x, T* y, const Window& window, bool count_include_pad, void* stream);
template <class T>
void avg_pool2d_backward(const T* dy, T* dx, const Window& window, bool count_include_pad,
                         void* stream);
void max_pool2d_check(const void* argmax, const Window& window, int64_t* first_bad, void* stream);
template <class T>
void max_pool2d_backward(const T* dy, const void* argmax, T* dx, const Window& window,
                         void* stream);

template <class T>
void resize(const T* x, T* y, const Window& window, Interpolation interpolation, void* stream);
template <class T>
void resize_backward(const T* dy, T* dx, const Window& window, Interpolation interpolation,
                     void* stream);
template <class T>
void affine_sample(const T* x, const T* matrices, T* y, const Window& window,
                   Interpolation interpolation, FillMode fill_mode, double fill_value,
                   void* stream);
template <class T>
void affine_sample_backward(const T* dy, const T* matrices, T* dx, const Window& window,
                            Interpolation interpolation, FillMode fill_mode, void* stream);

template <class T>
void dense(const T* x, const T* kernel, const T* bias, T* y, int64_t n, int64_t inputs,
           int64_t units, ActivationKind activation, void* stream);
template <class T>
void dense_backward(const T* dy, const T* x, const T* kernel, T* dx, T* dkernel, T* dbias,
                    int64_t n, int64_t inputs, int64_t units, void* stream);

template <class T>
void activation(const T* x, T* y, int64_t size, ActivationKind kind,
                const ActivationOptions& options, void* stream);
template <class T>
void activation_backward(const T* dy, const T* kept, T* dx, int64_t size, ActivationKind kind,
                         const ActivationOptions& options, void* stream);

template <class T>
void dropout(const T* x, T* y, int64_t outer, int64_t shared, int64_t inner, uint64_t seed,
             uint32_t limit, double scale, void* stream);

struct ResponseOptions {
  int64_t size;
  double k, alpha, beta;
};
template <class T>
void local_response_norm(const T* x, T* y, int64_t n, int64_t c, const ResponseOptions& options,
                         void* stream);
template <class T>
void local_response_norm_backward(const T* dy, const T* x, T* dx, int64_t n, int64_t c,
                                  const ResponseOptions& options, void* stream);

// x is (n, pixels, c) in groups of channels; mean and variance (n, groups) are read where `fixed`.
struct NormShape {
  int64_t n, pixels, c, groups;
};
template <class T>
void normalize(const T* x, const T* gamma, const T* beta, double* mean, double* variance, T* y,
               const NormShape& shape, double epsilon, bool fixed, void* stream);
template <class T>
void normalize_backward(const T* dy, const T* x, const T* gamma, const double* mean,
                        const double* variance, T* dx, T* dgamma, T* dbeta, const NormShape& shape,
                        double epsilon, bool fixed, void* stream);

template <class T>
void softmax(const T* x, T* y, int64_t n, int64_t classes, bool logarithm, void* stream);
template <class T>
void softmax_backward(const T* dy, const T* y, T* dx, int64_t n, int64_t classes, bool logarithm,
                      void* stream);

template <class T>
void sigmoid_cross_entropy(const T* logits, const T* targets, T* loss, int64_t size,
                           double label_smoothing, void* stream);
template <class T>
void sigmoid_cross_entropy_backward(const T* dloss, const T* logits, const T* targets, T* dlogits,
                                    int64_t size, double label_smoothing, void* stream);

template <class T>
void softmax_cross_entropy(const T* logits, const int64_t* labels, const T* targets, T* loss,
                           T* probabilities, int64_t n, int64_t classes, double label_smoothing,
                           void* stream);
void labels_check(const int64_t* labels, int64_t n, int64_t classes, int64_t* first_bad,
                  void* stream);
template <class T>
void softmax_cross_entropy_backward(const T* dloss, const T* probabilities, const int64_t* labels,
                                    const T* targets, T* dlogits, int64_t n, int64_t classes,
                                    double label_smoothing, void* stream);

template <class T>
void optimizer_step(StepRule rule, const StepTensor* records, int64_t count,
                    const StepOptions& options, void* stream);

}  // namespace pyconv
