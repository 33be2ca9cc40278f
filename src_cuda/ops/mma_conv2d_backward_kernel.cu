// SPDX-License-Identifier: BSD-3-Clause
// Launchers of mma_conv2d_backward_kernel.cuh, and the workspace of all three passes.
#include "ops/mma_conv2d_backward_kernel.cuh"

#include "ops/mma_conv2d.hpp"

namespace pyconv {

MmaPlan mma_kernel_plan(const Window& w) {
  return mma_plan(w.taps() * w.group_inputs(), w.group_filters(), w.output_pixels(), w.groups,
                  /*may_slice=*/true);
}

template <class T>
int64_t mma_conv2d_workspace(const Window& w, Direction direction) {
  if constexpr (sizeof(T) == 2) {  // filters of one channel each are no product
    if (is_depthwise(w)) {
      const bool sums = direction == Direction::kKernel;
      return sums ? depthwise_workspace<T>(w) * static_cast<int64_t>(sizeof(float)) : 0;
    }
  }
  Room room(nullptr);
  const int64_t x_size = w.input_pixels() * w.c, y_size = w.output_pixels() * w.f;
  if (w.channels_first != 0) {
    room.take<T>(x_size);
    room.take<T>(y_size);
  }
  if (direction == Direction::kForward) {
    const int64_t slices = mma_forward_plan(w).slices;
    if (slices > 1) room.take<float>(slices * y_size);
  } else if (direction == Direction::kData) {
    const int64_t slices = mma_data_plan(w).slices;
    if (slices > 1) room.take<float>(slices * x_size);
  } else {
    const int64_t slices = mma_kernel_plan(w).slices, sums = bias_slices(w.output_pixels());
    if (slices > 1) room.take<float>(slices * w.taps() * w.group_inputs() * w.f);
    if (sums > 1) room.take<float>(sums * w.f);
  }
  return room.used();
}

template int64_t mma_conv2d_workspace<Float16>(const Window&, Direction);
template int64_t mma_conv2d_workspace<Bfloat16>(const Window&, Direction);
template int64_t mma_conv2d_workspace<Tf32>(const Window&, Direction);

template <class T>
void mma_conv2d_backward_kernel(const T* x, const T* dy, float* dkernel, float* dbias,
                                const Window& w, void* workspace_address, void* stream) {
  if constexpr (sizeof(T) == 2) {  // filters of one channel each are no product
    if (is_depthwise(w)) {
      return launch_depthwise_backward_kernel(
          input("x", x, w.input_pixels() * w.c), input("dy", dy, w.output_pixels() * w.f),
          output("dkernel", dkernel, w.taps() * w.f), output("dbias", dbias, w.f), w,
          workspace(static_cast<float*>(workspace_address), depthwise_workspace<T>(w)), stream);
    }
  }
  mma_require_device<T>("conv2d_backward_kernel");
  const bool channels_first = w.channels_first != 0;
  const int64_t channels = w.group_inputs(), filters = w.group_filters();
  const int64_t pixels = w.output_pixels(), size = w.taps() * channels * w.f;
  const MmaPlan plan = mma_kernel_plan(w);
  const int64_t sums = bias_slices(pixels);
  Room room(workspace_address);
  T* const x_room = channels_first ? room.take<T>(w.input_pixels() * w.c) : nullptr;
  T* const dy_room = channels_first ? room.take<T>(pixels * w.f) : nullptr;
  float* const partial = plan.slices > 1 ? room.take<float>(plan.slices * size) : nullptr;
  float* const partial_sums = sums > 1 ? room.take<float>(sums * w.f) : nullptr;

  const Images<T> gradients =
      mma_channels_last("dy", dy, dy_room, w.n, w.oh * w.ow, w.f, channels_first, stream);
  if (dbias != nullptr) {
    launch_bias_gradient<T>(gradients.data, output("dbias", dbias, w.f),
                            workspace(partial_sums, sums * w.f), pixels, w.f, sums, stream);
  }
  if (dkernel == nullptr) return;
  const Images<T> images =
      mma_channels_last("x", x, x_room, w.n, w.h * w.w, w.c, channels_first, stream);
  const int width =
      mma_width<T>({channels, w.c, filters, w.f}, {images.address, gradients.address});
  const bool large = mma_is_large(plan, width);
  MmaConv2DBackwardKernelParams<T> params{
      {mma_windows(images.data, w), images.data},
      {gradients.data, w.f},
      {output("dkernel", dkernel, size), workspace(partial, plan.slices * size), size, filters,
       nullptr, ActivationKind::kLinear, mma_paired(dkernel, filters, w.f)},
      {w.taps() * channels, filters, pixels},
      channels,
      filters,
      w.f};
  const int64_t grid = mma_cut_grid<T>(params.cut, plan, large, w.groups, /*rest=*/1);
  mma_dispatch<T, /*kWords=*/true>(large, width, [&](auto block, auto copied) {
    using Block = decltype(block);
    constexpr int kWidth = decltype(copied)::value;
    using Layout = MmaLayout<MmaTransposed<MmaWindows<T>>, MmaMatrix<T, false>, Block, kWidth>;
    PYCONV_LAUNCH((mma_conv2d_backward_kernel_kernel<T, Block, kWidth>), grid, Block::threads,
                  Layout::bytes, stream, params);
  });
  mma_finish(plan, params.dkernel, w.f, stream);
}

template void mma_conv2d_backward_kernel(const Float16*, const Float16*, float*, float*,
                                         const Window&, void*, void*);
template void mma_conv2d_backward_kernel(const Bfloat16*, const Bfloat16*, float*, float*,
                                         const Window&, void*, void*);
template void mma_conv2d_backward_kernel(const Tf32*, const Tf32*, float*, float*, const Window&,
                                         void*, void*);

}  // namespace pyconv
