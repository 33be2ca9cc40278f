// SPDX-License-Identifier: BSD-3-Clause
// The operations of launchers.hpp on 16-bit arrays, and those that only training in 16 bits has.
// Arithmetic is float32's, results are rounded once. Nothing is allocated, nothing waits.
#pragma once

#include <cstdint>

#include "element.hpp"
#include "geometry.hpp"
#include "ops/launchers.hpp"

namespace pyconv {

void best_pool2d(PoolKind kind, const Float16* x, Float16* y, void* argmax, const Window& window,
                 void* stream);
void avg_pool2d(const Float16* x, Float16* y, const Window& window, bool count_include_pad,
                void* stream);
void avg_pool2d_backward(const Float16* dy, Float16* dx, const Window& window,
                         bool count_include_pad, void* stream);
void max_pool2d_backward(const Float16* dy, const void* argmax, Float16* dx, const Window& window,
                         void* stream);
void activation(const Float16* x, Float16* y, int64_t size, ActivationKind kind,
                const ActivationOptions& options, void* stream);
void activation_backward(const Float16* dy, const Float16* kept, Float16* dx, int64_t size,
                         ActivationKind kind, const ActivationOptions& options, void* stream);
void softmax(const Float16* x, Float16* y, int64_t n, int64_t classes, bool logarithm,
             void* stream);
void softmax_backward(const Float16* dy, const Float16* y, Float16* dx, int64_t n, int64_t classes,
                      bool logarithm, void* stream);
void normalize(const Float16* x, const float* gamma, const float* beta, double* mean,
               double* variance, Float16* y, const NormShape& shape, double epsilon, bool fixed,
               void* stream);
void normalize_backward(const Float16* dy, const Float16* x, const float* gamma, const double* mean,
                        const double* variance, Float16* dx, float* dgamma, float* dbeta,
                        const NormShape& shape, double epsilon, bool fixed, void* stream);

void best_pool2d(PoolKind kind, const Bfloat16* x, Bfloat16* y, void* argmax, const Window& window,
                 void* stream);
void avg_pool2d(const Bfloat16* x, Bfloat16* y, const Window& window, bool count_include_pad,
                void* stream);
void avg_pool2d_backward(const Bfloat16* dy, Bfloat16* dx, const Window& window,
                         bool count_include_pad, void* stream);
void max_pool2d_backward(const Bfloat16* dy, const void* argmax, Bfloat16* dx, const Window& window,
                         void* stream);
void activation(const Bfloat16* x, Bfloat16* y, int64_t size, ActivationKind kind,
                const ActivationOptions& options, void* stream);
void activation_backward(const Bfloat16* dy, const Bfloat16* kept, Bfloat16* dx, int64_t size,
                         ActivationKind kind, const ActivationOptions& options, void* stream);
void softmax(const Bfloat16* x, Bfloat16* y, int64_t n, int64_t classes, bool logarithm,
             void* stream);
void softmax_backward(const Bfloat16* dy, const Bfloat16* y, Bfloat16* dx, int64_t n,
                      int64_t classes, bool logarithm, void* stream);
void normalize(const Bfloat16* x, const float* gamma, const float* beta, double* mean,
               double* variance, Bfloat16* y, const NormShape& shape, double epsilon, bool fixed,
               void* stream);
void normalize_backward(const Bfloat16* dy, const Bfloat16* x, const float* gamma,
                        const double* mean, const double* variance, Bfloat16* dx, float* dgamma,
                        float* dbeta, const NormShape& shape, double epsilon, bool fixed,
                        void* stream);

// Between float, Float16 and Bfloat16.
template <class From, class To>
void convert(const From* x, To* y, int64_t size, void* stream);

template <class T>
void add(const T* a, const T* b, T* y, int64_t size, void* stream);

// A record of the tables that Python packs.
struct GradientTensor {
  uint64_t grad;
  int64_t size;
};
// StepTensor in float32, and the 16-bit copy of the weights that layers read, or 0.
struct MasterTensor {
  uint64_t param, grad, state[kStepStates], copy;
  int64_t size;
};

// grad *= factor; first_bad is lowered to the first tensor with a NaN or infinity.
void unscale(const GradientTensor* records, int64_t count, double factor, int64_t* first_bad,
             void* stream);
template <class T>
void master_step(StepRule rule, const MasterTensor* records, int64_t count,
                 const StepOptions& options, void* stream);

}  // namespace pyconv
