// SPDX-License-Identifier: BSD-3-Clause
#include "ops/dense.hpp"

#include "ops/activation_end.hpp"
#include "ops/gemm.hpp"
#include "ops/sum_rows.hpp"

namespace pyconv {

template <class T>
void dense(const T* x, const T* kernel, const T* bias, T* y, int64_t n, int64_t inputs,
           int64_t units, ActivationKind activation) {
  gemm<T>({x, inputs, false}, {kernel, units, false}, y, units, n, units, inputs,
          activation_end(bias, activation));
}

template <class T>
void dense_backward(const T* dy, const T* x, const T* kernel, T* dx, T* dkernel, T* dbias,
                    int64_t n, int64_t inputs, int64_t units) {
  if (dx) gemm<T>({dy, units, false}, {kernel, units, true}, dx, inputs, n, inputs, units);
  if (dkernel) gemm<T>({x, inputs, true}, {dy, units, false}, dkernel, units, inputs, units, n);
  if (dbias) sum_rows(dy, n, units, dbias);
}

template void dense(const float*, const float*, const float*, float*, int64_t, int64_t, int64_t,
                    ActivationKind);
template void dense(const double*, const double*, const double*, double*, int64_t, int64_t, int64_t,
                    ActivationKind);
template void dense_backward(const float*, const float*, const float*, float*, float*, float*,
                             int64_t, int64_t, int64_t);
template void dense_backward(const double*, const double*, const double*, double*, double*, double*,
                             int64_t, int64_t, int64_t);

}  // namespace pyconv
