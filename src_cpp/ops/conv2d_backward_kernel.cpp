// SPDX-License-Identifier: BSD-3-Clause
// dkernel[r, s, c, f] = sum over pixels of x[pixel + tap, c] * dy[pixel, f], in blocks of 256
// pixels. Blocks are shared out to a number of partial sums that depends on the shape alone; the
// partial sums are added left to right.
#include <algorithm>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/conv2d.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/gemm.hpp"
#include "ops/im2col.hpp"
#include "ops/layout.hpp"
#include "ops/sum_rows.hpp"
#include "ops/window_gemm.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

constexpr int64_t kPixelBlock = 256;
// Tasks to aim for, and the most memory that partial sums may take.
constexpr int64_t kTasks = 64;
constexpr int64_t kPartialBytes = int64_t(4) << 20;

template <class T>
struct KernelGradient {
  const KernelTable<T>& table;
  const Window& w;
  const T* x;
  const T* dy;
  int64_t group;
  std::vector<BlockK> blocks;
  int64_t parts;
  T* partial;     // (parts, K, f / groups)
  int64_t width;  // columns of a tile

  int64_t pixel_blocks() const { return ceil_div(w.output_pixels(), kPixelBlock); }

  // The pixel blocks of one part times one block of K.
  void run(int64_t part, const BlockK& block) const {
    const int64_t cols = w.group_filters();
    const int64_t lda = kBlockK + 16;
    Scratch<T> rows(kPixelBlock * lda);
    const Gather<T> windows = input_windows(w, x, group);
    T* sum = partial + (part * window_elements(w) + block.first) * cols;
    const int64_t first = pixel_blocks() * part / parts;
    const int64_t last = pixel_blocks() * (part + 1) / parts;
    for (int64_t b = first; b < last; ++b) {
      const int64_t pixel = b * kPixelBlock;
      const int64_t count = std::min(kPixelBlock, w.output_pixels() - pixel);
      table.gather_rows(windows, block.runs.data(), int64_t(block.runs.size()), pixel, count,
                        rows.data(), lda);
      TileEnd<T> end = plain_end<T>();
      end.accumulate = b > first;
      const T* gradient = dy + pixel * w.f + group * cols;
      for (int64_t column = 0; column < cols; column += width) {
        multiply_columns(table, block.count, count, rows.data(), lda, gradient + column, w.f,
                         sum + column, cols, std::min(width, cols - column), end);
      }
    }
  }

  // Adds the parts of one row of K into dkernel.
  void reduce(int64_t row, T* dkernel) const {
    const int64_t cols = w.group_filters();
    T* to = dkernel + row * w.f + group * cols;
    for (int64_t j = 0; j < cols; ++j) {
      T sum = partial[row * cols + j];
      for (int64_t p = 1; p < parts; ++p) {
        sum += partial[(p * window_elements(w) + row) * cols + j];
      }
      to[j] = sum;
    }
  }
};

int64_t count_parts(int64_t pixel_blocks, int64_t blocks_k, int64_t bytes) {
  const int64_t wanted = std::min(ceil_div(kTasks, blocks_k), pixel_blocks);
  return std::max<int64_t>(1, std::min(wanted, kPartialBytes / std::max<int64_t>(1, bytes)));
}

template <class T>
void direct(const Window& w, const T* x, const T* dy, T* dkernel) {
  const int64_t k = window_elements(w);
  const int64_t cols = w.group_filters();
  const std::vector<BlockK> blocks = cut_blocks(forward_taps(w), w.group_inputs(), w.c);
  const int64_t blocks_k = int64_t(blocks.size());
  const int64_t parts = count_parts(ceil_div(w.output_pixels(), kPixelBlock), blocks_k,
                                    k * cols * int64_t(sizeof(T)));
  Scratch<T> partial(parts * k * cols);
  for (int64_t g = 0; g < w.groups; ++g) {
    const KernelGradient<T> gradient{
        kernel_table_of<T>(), w, x, dy, g, blocks, parts, partial.data(), panel_width<T>(cols)};
    parallel_for(parts * blocks_k, 2 * w.output_pixels() * k * cols, [&](int64_t task) {
      gradient.run(task / blocks_k, blocks[static_cast<size_t>(task % blocks_k)]);
    });
    parallel_for(k, parts * k * cols * int64_t(sizeof(T)),
                 [&](int64_t row) { gradient.reduce(row, dkernel); });
  }
}

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
  ChannelsLast<T> gradient(dy, window.n, window.oh * window.ow, window.f, window.channels_first);
  if (dkernel) {
    ChannelsLast<T> input(x, window.n, window.h * window.w, window.c, window.channels_first);
    if (algorithm == Algorithm::kIm2col) {
      by_im2col(window, input.data(), gradient.data(), dkernel);
    } else {
      direct(window, input.data(), gradient.data(), dkernel);
    }
  }
  if (dbias) sum_rows(gradient.data(), window.output_pixels(), window.f, dbias);
}

template void conv2d_backward_kernel(const float*, const float*, float*, float*, const Window&,
                                     Algorithm);
template void conv2d_backward_kernel(const double*, const double*, double*, double*, const Window&,
                                     Algorithm);

}  // namespace pyconv
