// SPDX-License-Identifier: BSD-3-Clause
// Launchers of gemm.cuh: the public gemm, and the products that convolutions and dense call.
#include "ops/gemm.cuh"

#include "ops/launchers.hpp"
#include "ops/product.hpp"

namespace pyconv {
namespace {

template <class T, class A, class B>
void launch_as(const A& a, const B& b, TileOutput<T> c, int64_t groups, const ProductPlan& plan,
               int64_t slice_pitch, void* stream) {
  c.packed = writes_packs(c, slice_pitch);
  Product<T, A, B> product{a, b, c, c.rows.count, c.columns.count, a.steps.count, groups};
  product.slice_pitch = slice_pitch;
  with_block<T>(plan, [&](auto block) {
    using Block = decltype(block);
    const int64_t grid = cut_grid<Block>(product, plan.slices);
    PYCONV_LAUNCH((gemm_kernel<T, Block, A, B>), grid, kTileThreads, (kTileBytes<T, Block>), stream,
                  product);
  });
}

template <class Body>
void with_flag(bool flag, Body body) {
  if (flag) {
    body(std::true_type{});
  } else {
    body(std::false_type{});
  }
}

}  // namespace

template <class T>
void launch_product(const AnyMatrix<T>& a, const AnyMatrix<T>& b, const TileOutput<T>& c,
                    int64_t groups, const ProductPlan& plan, int64_t slice_pitch, void* stream) {
  with_width<T>(a.packed() && b.packed(), [&](auto width) {
    with_flag(a.step_fastest(), [&](auto step_fastest_a) {
      with_flag(b.step_fastest(), [&](auto step_fastest_b) {
        constexpr int kWidth = decltype(width)::value;
        constexpr bool kStepFastestA = decltype(step_fastest_a)::value;
        constexpr bool kStepFastestB = decltype(step_fastest_b)::value;
        launch_as(a.template as<kStepFastestA, kWidth>(), b.template as<kStepFastestB, kWidth>(), c,
                  groups, plan, slice_pitch, stream);
      });
    });
  });
}

template <class T>
void launch_gemm(const AnyMatrix<T>& a, const AnyMatrix<T>& b, const TileOutput<T>& c,
                 void* stream) {
  const ProductPlan plan =
      product_plan<T>(c.rows.count, c.columns.count, a.steps.count, /*parts=*/1, /*shortest=*/0);
  launch_product(a, b, c, /*groups=*/1, plan, /*slice_pitch=*/0, stream);
}

template void launch_product(const AnyMatrix<float>&, const AnyMatrix<float>&,
                             const TileOutput<float>&, int64_t, const ProductPlan&, int64_t, void*);
template void launch_product(const AnyMatrix<double>&, const AnyMatrix<double>&,
                             const TileOutput<double>&, int64_t, const ProductPlan&, int64_t,
                             void*);
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
