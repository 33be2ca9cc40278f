// SPDX-License-Identifier: BSD-3-Clause
// dkernel[r, s, c, f] = sum over pixels of x[pixel + tap, c] * dy[pixel, f], in blocks of 256
// pixels. Blocks are shared out to a number of partial sums that depends on the shape alone; the
// partial sums are added left to right.
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
#include "ops/layout.hpp"
#include "ops/pad_images.hpp"
#include "ops/row_panels.hpp"
#include "ops/sum_rows.hpp"
#include "ops/window_blocks.hpp"
#include "ops/winograd.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

constexpr int64_t kPixelBlock = 256;
// Columns of dy that are copied at a time: beside the windows they fit the second cache.
constexpr int64_t kColumns = 256;
// Shorter runs of a window cost more to copy than to read where they are.
constexpr int64_t kCopiedRun = 64;
// Pixels, so many before they are copied, are asked for: rows far apart come slowly otherwise.
constexpr int64_t kAhead = 8;
// Tasks to aim for, and the most memory that partial sums may take.
constexpr int64_t kTasks = 64;
constexpr int64_t kPartialBytes = int64_t(4) << 20;

template <class T>
struct KernelGradient {
  const KernelTable<T>& table;
  const Window& w;
  const T* x;                  // padded images, at the first channel of the group
  const T* dy;                 // at the first filter of the group
  std::vector<int64_t> index;  // of a window's elements, from its origin
  T* dkernel;                  // at the first filter of the group; the first part's sums
  int64_t parts;
  T* partial;  // (parts - 1, K, f / groups)
  int64_t cols, width;

  // Sums of one part, from a row of K on.
  struct Sums {
    T* data;
    int64_t pitch;
  };
  Sums sums_of(int64_t part, int64_t row) const {
    if (part == 0) return {dkernel + row * w.f, w.f};
    return {partial + ((part - 1) * window_elements(w) + row) * cols, cols};
  }

  int64_t pixel_blocks() const { return ceil_div(w.output_pixels(), kPixelBlock); }

  // Where the windows of `count` pixels begin. Divisions take longer than the sums of a small
  // window, so only the first pixel pays for them.
  void find_origins(int64_t pixel, int64_t count, int64_t* origins) const {
    int64_t j = pixel % w.ow;
    int64_t i = pixel / w.ow % w.oh;
    int64_t image = pixel / (w.ow * w.oh);
    for (int64_t p = 0; p < count;) {
      int64_t at = ((image * padded_height(w) + i * w.sh) * padded_width(w) + j * w.sw) * w.c;
      const int64_t end = std::min(count, p + w.ow - j);
      for (; p < end; ++p, at += w.sw * w.c) origins[p] = at;
      j = 0;
      if (++i == w.oh) {
        i = 0;
        ++image;
      }
    }
  }

  // The elements of a block of K for `count` pixels.
  void copy_windows(const BlockK& block, int64_t pixel, int64_t count,
                    const RowPanels<T>& to) const {
    int64_t origins[kPixelBlock];
    find_origins(pixel, count, origins);
    for (int64_t p = 0; p < count; ++p) {
      const bool fetches = p + kAhead < count;
      int64_t element = 0;
      for (const Run& run : block.runs) {
        const int64_t length = run.taps * run.length;
        const T* from = x + index[static_cast<size_t>(block.first + element)];
        if (fetches) fetch(from + origins[p + kAhead], length);
        to.put(element, p, from + origins[p], length);
        element += length;
      }
    }
  }

  // The pixel blocks of one part times one block of K: the tile's rows are elements of the
  // window, its sum runs over pixels.
  void run(int64_t part, const BlockK& block) const {
    const bool copied = block.runs.front().taps * block.runs.front().length >= kCopiedRun;
    const int64_t height = panel_height(table, width);
    Scratch<T> windows(copied ? RowPanels<T>::size(block.count, kPixelBlock, height) : 0);
    const int64_t columns = std::min(kColumns / width * width, cols);
    Scratch<T> gradients(copied ? RowPanels<T>::size(columns, kPixelBlock, width) : 0);
    const Sums sums = sums_of(part, block.first);
    const int64_t first = pixel_blocks() * part / parts;
    const int64_t last = pixel_blocks() * (part + 1) / parts;
    for (int64_t b = first; b < last; ++b) {
      const int64_t pixel = b * kPixelBlock;
      const int64_t count = std::min(kPixelBlock, w.output_pixels() - pixel);
      TileEnd<T> end = plain_end<T>();
      end.accumulate = b > first;
      keep_going();
      if (copied) {
        run_copies(block, pixel, count, RowPanels<T>(windows.data(), count, height),
                   RowPanels<T>(gradients.data(), count, width), sums, end);
      } else {
        run_in_place(block, pixel, count, sums, end);
      }
    }
  }

  void run_in_place(const BlockK& block, int64_t pixel, int64_t count, const Sums& sums,
                    const TileEnd<T>& end) const {
    const T* rows[kBlockK];
    T* out[kBlockK];
    for (int64_t r = 0; r < block.count; ++r) {
      rows[r] = x + index[static_cast<size_t>(block.first + r)];
      out[r] = sums.data + r * sums.pitch;
    }
    int64_t origins[kPixelBlock];
    find_origins(pixel, count, origins);
    const Stretch all{0, count};
    for (int64_t column = 0; column < cols; column += width) {
      multiply_indexed(table, block.count, &all, 1, rows, origins, dy + pixel * w.f + column, w.f,
                       out, column, std::min(width, cols - column), end);
    }
  }

  // Both operands copied, so that tiles read neighbours.
  void run_copies(const BlockK& block, int64_t pixel, int64_t count, const RowPanels<T>& windows,
                  const RowPanels<T>& gradients, const Sums& sums, const TileEnd<T>& end) const {
    copy_windows(block, pixel, count, windows);
    const int64_t step = kColumns / width * width;
    for (int64_t first = 0; first < cols; first += step) {
      const int64_t some = std::min(step, cols - first);
      for (int64_t p = 0; p < count; ++p) {
        const T* from = dy + (pixel + p) * w.f + first;
        if (pixel + p + kAhead < w.output_pixels()) fetch(from + kAhead * w.f, some);
        gradients.put(0, p, from, some);
      }
      for (int64_t column = 0; column < some; column += width) {
        multiply_panels(table, block.count, count, windows, gradients.panel(column / width), width,
                        sums.data + first + column, sums.pitch, std::min(width, some - column),
                        end);
      }
    }
  }

  // Adds the other parts of one row of K to the first.
  void reduce(int64_t row) const {
    T* to = sums_of(0, row).data;
    for (int64_t p = 1; p < parts; ++p) {
      const T* from = sums_of(p, row).data;
      for (int64_t j = 0; j < cols; ++j) to[j] += from[j];
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
  const PaddedImages<T> images(x, w);
  const std::vector<BlockK> blocks = cut_blocks(forward_taps(w), w.group_inputs(), w.c);
  const int64_t blocks_k = int64_t(blocks.size());
  const int64_t parts = count_parts(ceil_div(w.output_pixels(), kPixelBlock), blocks_k,
                                    k * cols * int64_t(sizeof(T)));
  Scratch<T> partial((parts - 1) * k * cols);
  KernelGradient<T> gradient{kernel_table_of<T>(),
                             w,
                             images.data(),
                             dy,
                             element_offsets(blocks, padded_width(w) * w.c, w.c),
                             dkernel,
                             parts,
                             partial.data(),
                             cols,
                             panel_width<T>(cols)};
  for (int64_t g = 0; g < w.groups; ++g) {
    parallel_for(parts * blocks_k, 2 * w.output_pixels() * k * cols, [&](int64_t task) {
      gradient.run(task / blocks_k, blocks[static_cast<size_t>(task % blocks_k)]);
    });
    if (parts > 1) {
      parallel_for(k, parts * k * cols * int64_t(sizeof(T)),
                   [&](int64_t row) { gradient.reduce(row); });
    }
    gradient.x += w.group_inputs();
    gradient.dy += cols;
    gradient.dkernel += cols;
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
    switch (conv2d_algorithm<T>(window, algorithm, ConvPass::kKernel)) {
      case Algorithm::kIm2col:
        by_im2col(window, input.data(), gradient.data(), dkernel);
        break;
      case Algorithm::kDepthwise:
        depthwise_backward_kernel(input.data(), gradient.data(), dkernel, window);
        break;
      case Algorithm::kWinograd:
        if constexpr (std::is_same_v<T, float>) {
          winograd_backward_kernel(input.data(), gradient.data(), dkernel, window);
        }
        break;
      default:
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
