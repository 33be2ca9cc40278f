// SPDX-License-Identifier: BSD-3-Clause
// Launchers of mma_conv2d.cuh.
#include "ops/mma_conv2d.cuh"

#include "ops/mma_conv2d.hpp"

namespace pyconv {

MmaPlan mma_forward_plan(const Window& w) {
  return mma_plan(w.output_pixels(), w.group_filters(), w.taps() * w.group_inputs(), w.groups,
                  /*may_slice=*/true);
}

template <class T>
void mma_conv2d(const T* x, const T* kernel, const T* bias, T* y, const Window& w,
                ActivationKind activation, void* workspace_address, void* stream) {
  if constexpr (sizeof(T) == 2) {  // filters of one channel each are no product
    if (is_depthwise(w)) {
      return launch_depthwise(input("x", x, w.input_pixels() * w.c),
                              input("kernel", kernel, w.taps() * w.f), input("bias", bias, w.f),
                              output("y", y, w.output_pixels() * w.f), w, activation, stream);
    }
  }
  mma_require_device<T>("conv2d");
  const bool channels_first = w.channels_first != 0;
  const int64_t size = w.output_pixels() * w.f;
  const MmaPlan plan = mma_forward_plan(w);
  Room room(workspace_address);
  T* const x_room = channels_first ? room.take<T>(w.input_pixels() * w.c) : nullptr;
  T* const y_room = channels_first ? room.take<T>(size) : nullptr;
  float* const partial = plan.slices > 1 ? room.take<float>(plan.slices * size) : nullptr;

  const Images<T> images =
      mma_channels_last("x", x, x_room, w.n, w.h * w.w, w.c, channels_first, stream);
  const Global<T> result = output("y", y, size);
  const Global<T> written = channels_first ? workspace(y_room, size) : result;
  const int64_t channels = w.group_inputs(), filters = w.group_filters();
  const int width = mma_width<T>({channels, w.c, filters, w.f}, {images.address, kernel});
  const bool large = mma_is_large(plan, width);
  MmaConv2DParams<T> params{
      mma_windows(images.data, w),
      {input("kernel", kernel, w.taps() * channels * w.f), w.f},
      {written, workspace(partial, plan.slices * size), size, filters, input("bias", bias, w.f),
       activation, mma_paired(channels_first ? y_room : y, filters, w.f)},
      {w.output_pixels(), filters, w.taps() * channels},
      channels,
      filters,
      w.f};
  const int64_t grid = mma_cut_grid<T>(params.cut, plan, large, w.groups, /*rest=*/1);
  mma_dispatch<T, /*kWords=*/true>(large, width, [&](auto block, auto copied) {
    using Block = decltype(block);
    constexpr int kWidth = decltype(copied)::value;
    using Layout = MmaLayout<MmaWindows<T>, MmaMatrix<T, false>, Block, kWidth>;
    PYCONV_LAUNCH((mma_conv2d_kernel<T, Block, kWidth>), grid, Block::threads, Layout::bytes,
                  stream, params);
  });
  mma_finish(plan, params.y, w.f, stream);
  if (channels_first) launch_transpose<T>(written, result, w.n, w.oh * w.ow, w.f, stream);
}

template void mma_conv2d(const Float16*, const Float16*, const Float16*, Float16*, const Window&,
                         ActivationKind, void*, void*);
template void mma_conv2d(const Bfloat16*, const Bfloat16*, const Bfloat16*, Bfloat16*,
                         const Window&, ActivationKind, void*, void*);
template void mma_conv2d(const Tf32*, const Tf32*, const Tf32*, Tf32*, const Window&,
                         ActivationKind, void*, void*);

}  // namespace pyconv
