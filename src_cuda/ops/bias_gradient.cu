// SPDX-License-Identifier: BSD-3-Clause
// Launcher of bias_gradient.cuh.
#include "ops/bias_gradient.cuh"

#include "ops/mma_conv2d.hpp"

namespace pyconv {
namespace {

constexpr int64_t kSliceRows = 1024;
constexpr int64_t kMostSlices = 64;

}  // namespace

int64_t bias_slices(int64_t rows) {
  const int64_t slices = blocks(rows, kSliceRows);
  return slices < 1 ? 1 : (slices < kMostSlices ? slices : kMostSlices);
}

template <class T>
void launch_bias_gradient(Global<const T> dy, Global<float> sums, Global<float> partial,
                          int64_t rows, int64_t columns, int64_t slices, void* stream) {
  const int64_t column_blocks = blocks(columns, kBiasColumns);
  const BiasGradientParams<T> params{dy,      slices > 1 ? partial : sums, rows,
                                     columns, blocks(rows, slices),        divisor(column_blocks)};
  const int shared_bytes = kBiasThreads * static_cast<int>(sizeof(float));
  PYCONV_LAUNCH(bias_gradient_kernel<T>, column_blocks * slices, kBiasThreads, shared_bytes, stream,
                params);
  const MmaOutput<T, float> output{
      sums, partial, columns, columns, nullptr, ActivationKind::kLinear, false};
  mma_finish(MmaPlan{false, slices}, output, columns, stream);
}

template void launch_bias_gradient(Global<const Float16>, Global<float>, Global<float>, int64_t,
                                   int64_t, int64_t, void*);
template void launch_bias_gradient(Global<const Bfloat16>, Global<float>, Global<float>, int64_t,
                                   int64_t, int64_t, void*);
template void launch_bias_gradient(Global<const Tf32>, Global<float>, Global<float>, int64_t,
                                   int64_t, int64_t, void*);

}  // namespace pyconv
