// SPDX-License-Identifier: BSD-3-Clause
// Launchers of gemm.cuh: the public gemm, and the one that im2col and dense call.
#include "ops/gemm.cuh"

#include "ops/launchers.hpp"
#include "ops/product.hpp"

namespace pyconv {
namespace {

template <class T, bool kStepFastestA, bool kStepFastestB>
void launch_as(const AnyMatrix<T>& a, const AnyMatrix<T>& b, const TileOutput<T>& c, void* stream) {
  Product<T, Matrix<T, kStepFastestA>, Matrix<T, kStepFastestB>> product{
      a.template as<kStepFastestA>(),
      b.template as<kStepFastestB>(),
      c,
      c.rows.count,
      c.columns.count,
      a.steps.count,
      /*groups=*/1};
  const int64_t grid = cut_grid(product, /*slices=*/1);
  PYCONV_LAUNCH((gemm_kernel<T, kStepFastestA, kStepFastestB>), grid, kTileThreads, kTileBytes<T>,
                stream, product);
}

}  // namespace

template <class T>
void launch_gemm(const AnyMatrix<T>& a, const AnyMatrix<T>& b, const TileOutput<T>& c,
                 void* stream) {
  const auto launch_b = [&](auto step_fastest_a) {
    constexpr bool kStepFastestA = decltype(step_fastest_a)::value;
    if (b.step_fastest()) {
      launch_as<T, kStepFastestA, true>(a, b, c, stream);
    } else {
      launch_as<T, kStepFastestA, false>(a, b, c, stream);
    }
  };
  if (a.step_fastest()) {
    launch_b(std::true_type{});
  } else {
    launch_b(std::false_type{});
  }
}

template void launch_gemm(const AnyMatrix<float>&, const AnyMatrix<float>&,
                          const TileOutput<float>&, void*);
template void launch_gemm(const AnyMatrix<double>&, const AnyMatrix<double>&,
                          const TileOutput<double>&, void*);

template <class T>
void gemm(const T* a, const T* b, T* c, int64_t m, int64_t n, int64_t k, bool transpose_a,
          bool transpose_b, void* stream) {
  const AnyMatrix<T> left{input("a", a, m * k), plain_axis(m, transpose_a ? 1 : k),
                          plain_axis(k, transpose_a ? m : 1), 0};
  const AnyMatrix<T> right{input("b", b, k * n), plain_axis(n, transpose_b ? k : 1),
                           plain_axis(k, transpose_b ? 1 : n), 0};
  const TileOutput<T> out{
      output("c", c, m * n),   plain_axis(m, n),    plain_axis(n, 1), 0, nullptr,
      ActivationKind::kLinear, /*accumulate=*/false};
  launch_gemm(left, right, out, stream);
}

template void gemm(const float*, const float*, float*, int64_t, int64_t, int64_t, bool, bool,
                   void*);
template void gemm(const double*, const double*, double*, int64_t, int64_t, int64_t, bool, bool,
                   void*);

}  // namespace pyconv
