// SPDX-License-Identifier: BSD-3-Clause
#include "ops/window_gemm.hpp"

#include "arena.hpp"
#include "dispatch.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

constexpr int64_t kBlockPixels = 96;
constexpr int64_t kPitch = kBlockK + 16;

// Walks the pixels of a grid in (image, i, j) order.
struct Pixel {
  int64_t image, i, j;

  template <class T>
  Pixel(const Gather<T>& g, int64_t flat)
      : image(flat / (g.grid_w * g.grid_h)),
        i(flat / g.grid_w % g.grid_h),
        j(flat % g.grid_w) {}

  template <class T>
  void advance(const Gather<T>& g) {
    if (++j < g.grid_w) return;
    j = 0;
    if (++i < g.grid_h) return;
    i = 0;
    ++image;
  }
};

template <class T>
struct RowSource {
  const T* rows[kBlockPixels];
  T* copy;
};

// A block of K that is one run needs no copy where the run lies inside the source.
template <class T>
void point_rows(const KernelTable<T>& table, const Gather<T>& g, const Run& run, int64_t first,
                int64_t count, RowSource<T>& source) {
  Pixel pixel(g, first);
  for (int64_t r = 0; r < count; ++r, pixel.advance(g)) {
    const int64_t row = pixel.i * g.step_h + g.off_h + run.off_h;
    const int64_t column = pixel.j * g.step_w + g.off_w + run.off_w;
    const bool inside = row >= 0 && row < g.h && column >= 0 && column + run.taps <= g.w;
    if (inside) {
      source.rows[r] = g.source + pixel.image * g.image_pitch + row * g.row_pitch +
                       column * g.pixel_pitch + run.channel;
    } else {
      T* copy = source.copy + r * kPitch;
      table.gather_rows(g, &run, 1, first + r, 1, copy, kPitch);
      source.rows[r] = copy;
    }
  }
}

template <class T>
void gather_block(const KernelTable<T>& table, const Gather<T>& g, const BlockK& block,
                  int64_t first, int64_t count, RowSource<T>& source) {
  if (block.runs.size() == 1) {
    return point_rows(table, g, block.runs[0], first, count, source);
  }
  table.gather_rows(g, block.runs.data(), int64_t(block.runs.size()), first, count, source.copy,
                    kPitch);
  for (int64_t r = 0; r < count; ++r) source.rows[r] = source.copy + r * kPitch;
}

template <class T>
void run_block(const KernelTable<T>& table, const WindowProduct<T>& p, int64_t first,
               int64_t count) {
  T* out[kBlockPixels];
  Pixel pixel(p.gather, first);
  for (int64_t r = 0; r < count; ++r, pixel.advance(p.gather)) {
    out[r] = p.out.data + pixel.image * p.out.image_pitch + pixel.i * p.out.row_pitch +
             pixel.j * p.out.pixel_pitch;
  }
  Scratch<T> scratch(kBlockPixels * kPitch);
  RowSource<T> source;
  source.copy = scratch.data();
  const TileEnd<T> middle{false, nullptr, T(0), T(0), false};
  for (size_t b = 0; b < p.blocks.size(); ++b) {
    const BlockK& block = p.blocks[b];
    gather_block(table, p.gather, block, first, count, source);
    TileEnd<T> end = b + 1 == p.blocks.size() ? p.end : middle;
    end.accumulate = b > 0;
    for (int64_t column = 0, panel = 0; column < p.cols; column += p.filter.width, ++panel) {
      multiply_rows(table, count, block.count, source.rows, p.filter.at(panel, block.first),
                    p.filter.row_pitch, out, column, std::min(p.filter.width, p.cols - column),
                    end);
    }
  }
}

}  // namespace

template <class T>
void window_gemm(const WindowProduct<T>& product) {
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t pixels = product.images * product.gather.grid_h * product.gather.grid_w;
  if (pixels == 0) return;
  const int64_t tasks = ceil_div(pixels, kBlockPixels);
  parallel_for(tasks, 2 * pixels * product.k * product.cols, [&](int64_t task) {
    const int64_t first = pixels * task / tasks;
    run_block(table, product, first, pixels * (task + 1) / tasks - first);
  });
}

template void window_gemm(const WindowProduct<float>&);
template void window_gemm(const WindowProduct<double>&);

}  // namespace pyconv
