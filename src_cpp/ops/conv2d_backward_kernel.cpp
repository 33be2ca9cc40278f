// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <type_traits>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/conv2d.hpp"
#include "ops/conv2d_algorithm.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/depthwise.hpp"
#include "ops/gemm.hpp"
#include "ops/im2col.hpp"
#include "ops/kernel_gradient_runs.hpp"
#include "ops/kernel_gradient_short_runs.hpp"
#include "ops/layout.hpp"
#include "ops/sum_rows.hpp"
#include "ops/window_blocks.hpp"
#include "ops/winograd.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Shorter runs of a window would make low tiles.
constexpr int64_t kLongRun = 32;
// Pixels of a block of long runs: what two vectors of filters read of it and a tall tile's windows
// take half of a first cache, which cores that serve two threads share out.
constexpr int64_t kRunPixels = 128;
// Tasks that parts are to make possible, each of a tile's worth of rows and filters; the fewest
// pixels of a part, for sums are written and read again; the most memory of all parts.
constexpr int64_t kTasks = 64, kTaskSide = 64;
constexpr int64_t kPartPixels = 6 * 256;
constexpr int64_t kPartialBytes = int64_t(4) << 20;

int64_t count_parts(int64_t pixels, int64_t k, int64_t cols, int64_t element) {
  const int64_t tasks = ceil_div(k, kTaskSide) * ceil_div(cols, kTaskSide);
  return std::max<int64_t>(1, std::min({ceil_div(kTasks, tasks), pixels / kPartPixels,
                                        kPartialBytes / std::max<int64_t>(1, k * cols * element)}));
}

bool has_long_runs(const std::vector<BlockK>& blocks) {
  const Run& run = blocks.front().runs.front();
  return run.taps * run.length >= kLongRun;
}

template <class T>
void add_products(const KernelGradient<T>& gradient, const std::vector<BlockK>& blocks) {
  const Window& w = gradient.w;
  const int64_t work = 2 * w.output_pixels() * window_elements(w) * gradient.cols;
  if (has_long_runs(blocks)) {
    const RunGradient<T> runs(gradient);
    return parallel_for(runs.tasks(), work, [&](int64_t task) { runs.run(task); });
  }
  const SlidingGradient<T> sliding{gradient};
  if (sliding.serves()) {
    return parallel_for(gradient.parts, work, [&](int64_t part) { sliding.run(part); });
  }
  const IndexedGradient<T> indexed{gradient, element_offsets(blocks, padded_width(w) * w.c, w.c),
                                   panel_width<T>(gradient.cols)};
  const int64_t count = int64_t(blocks.size());
  parallel_for(gradient.parts * count, work, [&](int64_t task) {
    indexed.run(task / count, blocks[static_cast<size_t>(task % count)]);
  });
}

template <class T>
void direct(const Window& w, const T* x, const T* dy, T* dkernel) {
  const int64_t k = window_elements(w);
  const int64_t cols = w.group_filters();
  const PaddedImages<T> images(x, w);
  const std::vector<BlockK> blocks = cut_blocks(forward_taps(w), w.group_inputs(), w.c);
  const int64_t parts = count_parts(w.output_pixels(), k, cols, int64_t(sizeof(T)));
  Scratch<T> partial((parts - 1) * k * cols);
  KernelGradient<T> gradient{kernel_table_of<T>(),
                             w,
                             images.data(),
                             dy,
                             dkernel,
                             parts,
                             partial.data(),
                             cols,
                             has_long_runs(blocks) ? kRunPixels : kPixelBlock};
  for (int64_t g = 0; g < w.groups; ++g) {
    add_products(gradient, blocks);
    gradient.reduce();
    gradient.next_group();
  }
}

// Whether gradients of channels_first results are copied block by block, which is right where few
// tasks read them: a copy of them all is written to memory and read again.
bool reads_planes(const Window& w) { return w.channels_first && window_elements(w) <= kBlockK; }

// The textbook way: dkernel = col^T dy, row block by row block.
template <class T>
void by_im2col(const Window& w, const T* x, const T* dy, T* dkernel) {
  const int64_t k = window_elements(w);
  const int64_t cols = w.group_filters();
  const int64_t rows = im2col_block_rows<T>(w);
  Scratch<T> col(rows * k);
  for (int64_t g = 0; g < w.groups; ++g) {
    for (int64_t first = 0; first < w.output_pixels(); first += rows) {
      const int64_t count = std::min(rows, w.output_pixels() - first);
      im2col_rows(w, x, g, first, count, col.data());
      TileEnd<T> end = plain_end<T>();
      end.accumulate = first > 0;
      gemm({col.data(), k, true}, {dy + first * w.f + g * cols, w.f, false}, dkernel + g * cols,
           w.f, k, cols, count, end);
    }
  }
}

}  // namespace

template <class T>
void conv2d_backward_kernel(const T* x, const T* dy, T* dkernel, T* dbias, const Window& window,
                            Algorithm algorithm) {
  const int64_t elements = window.taps() * window.group_inputs() * window.f;
  if (window.output_pixels() == 0) {
    if (dkernel) std::fill_n(dkernel, elements, T(0));
    if (dbias) std::fill_n(dbias, window.f, T(0));
    return;
  }
  const int64_t pixels = window.oh * window.ow;
  const Algorithm chosen = conv2d_algorithm<T>(window, algorithm, ConvPass::kKernel);
  if (dkernel && chosen == Algorithm::kDirect && reads_planes(window)) {
    ChannelsLast<T> input(x, window.n, window.h * window.w, window.c, true);
    direct(window, input.data(), dy, dkernel);
    if (dbias) sum_pixels(dy, window.n, window.f, pixels, dbias);
    return;
  }
  Window last = window;
  last.channels_first = 0;
  ChannelsLast<T> gradient(dy, window.n, pixels, window.f, window.channels_first);
  if (dkernel) {
    ChannelsLast<T> input(x, window.n, window.h * window.w, window.c, window.channels_first);
    switch (chosen) {
      case Algorithm::kIm2col:
        by_im2col(last, input.data(), gradient.data(), dkernel);
        break;
      case Algorithm::kDepthwise:
        depthwise_backward_kernel(input.data(), gradient.data(), dkernel, last);
        break;
      case Algorithm::kWinograd:
        if constexpr (std::is_same_v<T, float>) {
          winograd_backward_kernel(input.data(), gradient.data(), dkernel, last);
        }
        break;
      default:
        direct(last, input.data(), gradient.data(), dkernel);
    }
  }
  if (dbias) sum_rows(gradient.data(), window.output_pixels(), window.f, dbias);
}

template void conv2d_backward_kernel(const float*, const float*, float*, float*, const Window&,
                                     Algorithm);
template void conv2d_backward_kernel(const double*, const double*, double*, double*, const Window&,
                                     Algorithm);

}  // namespace pyconv
