// SPDX-License-Identifier: BSD-3-Clause
// Launchers of mma_gemm.cuh: gemm, and the dense layer's two passes.
#include "ops/mma_gemm.cuh"

#include "ops/mma_conv2d.hpp"

namespace pyconv {
namespace {

// A matrix whose fastest index is told at run time.
template <class T>
struct Operand {
  const T* address;
  Global<const T> data;
  int64_t pitch;
  bool step_fastest;
};

template <class T, class U, bool kStepFastestA, bool kStepFastestB>
void launch_as(const Operand<T>& a, const Operand<T>& b, const MmaOutput<T, U>& c, int64_t m,
               int64_t k, void* stream) {
  const int64_t n = c.columns;
  const MmaPlan plan = mma_plan(m, n, k, /*parts=*/1, /*may_slice=*/false);
  const int width =
      mma_width<T>({kStepFastestA ? k : m, kStepFastestB ? k : n}, {a.address, b.address});
  const bool large = mma_is_large(plan, width);
  MmaGemmParams<T, U, kStepFastestA, kStepFastestB> params{
      {a.data, a.pitch}, {b.data, b.pitch}, c, {m, n, k}};
  const int64_t grid = mma_cut_grid<T>(params.cut, plan, large, /*groups=*/1, /*rest=*/1);
  mma_dispatch<T, /*kWords=*/false>(large, width, [&](auto block, auto copied) {
    using Block = decltype(block);
    constexpr int kWidth = decltype(copied)::value;
    using Layout =
        MmaLayout<MmaMatrix<T, kStepFastestA>, MmaMatrix<T, kStepFastestB>, Block, kWidth>;
    PYCONV_LAUNCH((mma_gemm_kernel<T, U, kStepFastestA, kStepFastestB, Block, kWidth>), grid,
                  Block::threads, Layout::bytes, stream, params);
  });
}

template <class T, class U>
MmaOutput<T, U> plain_output(const char* name, U* data, int64_t rows, int64_t columns) {
  return {output(name, data, rows * columns),
          nullptr,
          rows * columns,
          columns,
          nullptr,
          ActivationKind::kLinear,
          mma_paired(data, columns, columns)};
}

template <class T>
Operand<T> operand(const char* name, const T* address, int64_t rows, int64_t columns,
                   bool step_fastest) {
  return {address, input(name, address, rows * columns), columns, step_fastest};
}

}  // namespace

template <class T>
void mma_gemm(const T* a, const T* b, T* c, int64_t m, int64_t n, int64_t k, bool transpose_a,
              bool transpose_b, void* stream) {
  mma_require_device<T>("gemm");
  const Operand<T> left = operand("a", a, transpose_a ? k : m, transpose_a ? m : k, !transpose_a);
  const Operand<T> right = operand("b", b, transpose_b ? n : k, transpose_b ? k : n, transpose_b);
  const MmaOutput<T, T> out = plain_output<T, T>("c", c, m, n);
  if (transpose_a && transpose_b) {
    launch_as<T, T, false, true>(left, right, out, m, k, stream);
  } else if (transpose_a) {
    launch_as<T, T, false, false>(left, right, out, m, k, stream);
  } else if (transpose_b) {
    launch_as<T, T, true, true>(left, right, out, m, k, stream);
  } else {
    launch_as<T, T, true, false>(left, right, out, m, k, stream);
  }
}

template <class T>
void mma_dense(const T* x, const T* kernel, const T* bias, T* y, int64_t n, int64_t inputs,
               int64_t units, ActivationKind activation, void* stream) {
  mma_require_device<T>("dense");
  MmaOutput<T, T> out = plain_output<T, T>("y", y, n, units);
  out.bias = input("bias", bias, units);
  out.activation = activation;
  launch_as<T, T, true, false>(operand("x", x, n, inputs, true),
                               operand("kernel", kernel, inputs, units, false), out, n, inputs,
                               stream);
}

template <class T>
void mma_dense_backward(const T* dy, const T* x, const T* kernel, T* dx, float* dkernel,
                        float* dbias, int64_t n, int64_t inputs, int64_t units, void* stream) {
  mma_require_device<T>("dense_backward");
  if (dx != nullptr) {  // dx (n, inputs) = dy (n, units) kernel^T
    launch_as<T, T, true, true>(operand("dy", dy, n, units, true),
                                operand("kernel", kernel, inputs, units, true),
                                plain_output<T, T>("dx", dx, n, inputs), n, units, stream);
  }
  if (dkernel != nullptr) {  // dkernel (inputs, units) = x^T (inputs, n) dy
    launch_as<T, float, false, false>(
        operand("x", x, n, inputs, false), operand("dy", dy, n, units, false),
        plain_output<T, float>("dkernel", dkernel, inputs, units), inputs, n, stream);
  }
  if (dbias != nullptr) {
    launch_bias_gradient<T>(input("dy", dy, n * units), output("dbias", dbias, units), nullptr, n,
                            units, /*slices=*/1, stream);
  }
}

template void mma_gemm(const Float16*, const Float16*, Float16*, int64_t, int64_t, int64_t, bool,
                       bool, void*);
template void mma_gemm(const Bfloat16*, const Bfloat16*, Bfloat16*, int64_t, int64_t, int64_t, bool,
                       bool, void*);
template void mma_gemm(const Tf32*, const Tf32*, Tf32*, int64_t, int64_t, int64_t, bool, bool,
                       void*);
template void mma_dense(const Float16*, const Float16*, const Float16*, Float16*, int64_t, int64_t,
                        int64_t, ActivationKind, void*);
template void mma_dense(const Bfloat16*, const Bfloat16*, const Bfloat16*, Bfloat16*, int64_t,
                        int64_t, int64_t, ActivationKind, void*);
template void mma_dense(const Tf32*, const Tf32*, const Tf32*, Tf32*, int64_t, int64_t, int64_t,
                        ActivationKind, void*);
template void mma_dense_backward(const Float16*, const Float16*, const Float16*, Float16*, float*,
                                 float*, int64_t, int64_t, int64_t, void*);
template void mma_dense_backward(const Bfloat16*, const Bfloat16*, const Bfloat16*, Bfloat16*,
                                 float*, float*, int64_t, int64_t, int64_t, void*);
template void mma_dense_backward(const Tf32*, const Tf32*, const Tf32*, Tf32*, float*, float*,
                                 int64_t, int64_t, int64_t, void*);

}  // namespace pyconv
