// SPDX-License-Identifier: BSD-3-Clause
// Launchers of mma_conv2d_backward_data.cuh.
#include "ops/mma_conv2d_backward_data.cuh"

#include <numeric>

#include "ops/mma_conv2d.hpp"

namespace pyconv {
namespace {

ParityCounts parity_counts(int64_t size, int64_t before, int64_t stride, int64_t taps,
                           int64_t dilation) {
  const int64_t common = std::gcd(stride, dilation);
  const int64_t pixels = size / stride, met = taps / (stride / common);
  return {{mma_int(size), mma_int(before), mma_int(stride), mma_int(taps), mma_int(dilation),
           mma_int(common)},
          {divisor(pixels), divisor(pixels + 1)},
          {divisor(met), divisor(met + 1)}};
}

// Of the largest class.
int64_t class_pixels(const Window& w) { return w.n * blocks(w.h, w.sh) * blocks(w.w, w.sw); }
int64_t class_steps(const Window& w) {
  const int64_t rows = w.sh / std::gcd(w.sh, w.dil_h), columns = w.sw / std::gcd(w.sw, w.dil_w);
  return blocks(w.kh, rows) * blocks(w.kw, columns) * w.group_filters();
}

}  // namespace

MmaPlan mma_data_plan(const Window& w) {
  return mma_plan(class_pixels(w), w.group_inputs(), class_steps(w), w.groups * w.sh * w.sw,
                  /*may_slice=*/true);
}

template <class T>
void mma_conv2d_backward_data(const T* dy, const T* kernel, T* dx, const Window& w,
                              void* workspace_address, void* stream) {
  if constexpr (sizeof(T) == 2) {  // filters of one channel each are no product
    if (is_depthwise(w)) {
      return launch_depthwise_backward_data(input("dy", dy, w.output_pixels() * w.f),
                                            input("kernel", kernel, w.taps() * w.f),
                                            output("dx", dx, w.input_pixels() * w.c), w, stream);
    }
  }
  mma_require_device<T>("conv2d_backward_data");
  const bool channels_first = w.channels_first != 0;
  const int64_t size = w.input_pixels() * w.c;
  const MmaPlan plan = mma_data_plan(w);
  Room room(workspace_address);
  T* const dx_room = channels_first ? room.take<T>(size) : nullptr;
  T* const dy_room = channels_first ? room.take<T>(w.output_pixels() * w.f) : nullptr;
  float* const partial = plan.slices > 1 ? room.take<float>(plan.slices * size) : nullptr;

  const Images<T> images =
      mma_channels_last("dy", dy, dy_room, w.n, w.oh * w.ow, w.f, channels_first, stream);
  const Global<T> result = output("dx", dx, size);
  const Global<T> written = channels_first ? workspace(dx_room, size) : result;
  const int64_t channels = w.group_inputs(), filters = w.group_filters();
  const int width = mma_width<T>({filters, w.f}, {images.address, kernel});
  const bool large = mma_is_large(plan, width);
  MmaConv2DBackwardDataParams<T> params{
      images.data,
      input("kernel", kernel, w.taps() * channels * w.f),
      mma_int(w.n),
      mma_int(w.oh),
      mma_int(w.ow),
      w.f,
      w.h,
      w.w,
      w.c,
      w.kw,
      channels,
      divisor(filters),
      divisor(w.sw),
      parity_counts(w.h, w.top, w.sh, w.kh, w.dil_h),
      parity_counts(w.w, w.left, w.sw, w.kw, w.dil_w),
      {written, workspace(partial, plan.slices * size), size, channels, nullptr,
       ActivationKind::kLinear, mma_paired(channels_first ? dx_room : dx, channels, w.c)},
      {class_pixels(w), channels, class_steps(w)}};
  const int64_t grid = mma_cut_grid<T>(params.cut, plan, large, w.groups, w.sh * w.sw);
  mma_dispatch<T, /*kWords=*/true>(large, width, [&](auto block, auto copied) {
    using Block = decltype(block);
    constexpr int kWidth = decltype(copied)::value;
    using Layout = MmaLayout<MmaGradients<T>, MmaFilter<T>, Block, kWidth>;
    PYCONV_LAUNCH((mma_conv2d_backward_data_kernel<T, Block, kWidth>), grid, Block::threads,
                  Layout::bytes, stream, params);
  });
  mma_finish(plan, params.dx, w.c, stream);
  if (channels_first) launch_transpose<T>(written, result, w.n, w.h * w.w, w.c, stream);
}

template void mma_conv2d_backward_data(const Float16*, const Float16*, Float16*, const Window&,
                                       void*, void*);
template void mma_conv2d_backward_data(const Bfloat16*, const Bfloat16*, Bfloat16*, const Window&,
                                       void*, void*);
template void mma_conv2d_backward_data(const Tf32*, const Tf32*, Tf32*, const Window&, void*,
                                       void*);

}  // namespace pyconv
