// SPDX-License-Identifier: BSD-3-Clause
// y (n, units) = activation(x (n, inputs) kernel (inputs, units) + bias) and its gradients, all by
// gemm.cuh.
#include "ops/launchers.hpp"
#include "ops/product.hpp"

namespace pyconv {
namespace {

template <class T>
TileOutput<T> plain_output(Global<T> data, int64_t rows, int64_t columns) {
  return {data,    plain_axis(rows, columns), plain_axis(columns, 1), 0,
          nullptr, ActivationKind::kLinear,   /*accumulate=*/false};
}

}  // namespace

template <class T>
void dense(const T* x, const T* kernel, const T* bias, T* y, int64_t n, int64_t inputs,
           int64_t units, ActivationKind activation, void* stream) {
  const AnyMatrix<T> a{input("x", x, n * inputs), plain_axis(n, inputs), plain_axis(inputs, 1), 0};
  const AnyMatrix<T> b{input("kernel", kernel, inputs * units), plain_axis(units, 1),
                       plain_axis(inputs, units), 0};
  TileOutput<T> c = plain_output<T>(output("y", y, n * units), n, units);
  c.bias = input("bias", bias, units);
  c.activation = activation;
  launch_gemm(a, b, c, stream);
}

template <class T>
void dense_backward(const T* dy, const T* x, const T* kernel, T* dx, T* dkernel, T* dbias,
                    int64_t n, int64_t inputs, int64_t units, void* stream) {
  const Global<const T> gradient = input("dy", dy, n * units);
  if (dx != nullptr) {  // dx (n, inputs) = dy (n, units) kernel^T
    const AnyMatrix<T> a{gradient, plain_axis(n, units), plain_axis(units, 1), 0};
    const AnyMatrix<T> b{input("kernel", kernel, inputs * units), plain_axis(inputs, units),
                         plain_axis(units, 1), 0};
    launch_gemm(a, b, plain_output<T>(output("dx", dx, n * inputs), n, inputs), stream);
  }
  if (dkernel != nullptr) {  // dkernel (inputs, units) = x^T (inputs, n) dy
    const AnyMatrix<T> a{input("x", x, n * inputs), plain_axis(inputs, 1), plain_axis(n, inputs),
                         0};
    const AnyMatrix<T> b{gradient, plain_axis(units, 1), plain_axis(n, units), 0};
    launch_gemm(a, b, plain_output<T>(output("dkernel", dkernel, inputs * units), inputs, units),
                stream);
  }
  if (dbias != nullptr) {
    launch_column_sum(gradient, plain_axis(n, units), plain_axis(units, 1),
                      output("dbias", dbias, units), stream);
  }
}

template void dense(const float*, const float*, const float*, float*, int64_t, int64_t, int64_t,
                    ActivationKind, void*);
template void dense(const double*, const double*, const double*, double*, int64_t, int64_t, int64_t,
                    ActivationKind, void*);
template void dense_backward(const float*, const float*, const float*, float*, float*, float*,
                             int64_t, int64_t, int64_t, void*);
template void dense_backward(const double*, const double*, const double*, double*, double*, double*,
                             int64_t, int64_t, int64_t, void*);

}  // namespace pyconv
