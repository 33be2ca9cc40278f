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
      : image(flat / (g.grid_w * g.grid_h)), i(flat / g.grid_w % g.grid_h), j(flat % g.grid_w) {}

  template <class T>
  void advance(const Gather<T>& g) {
    if (++j < g.grid_w) return;
    j = 0;
    if (++i < g.grid_h) return;
    i = 0;
    ++image;
  }
};

// A block of pixels, those whose windows lie inside the source first: they are read where they
// are, through the index; the others are gathered with zeros for what is outside.
template <class T>
struct PixelBlock {
  int64_t inside = 0;  // pixels
  int64_t border = 0;
  const T* origin[kBlockPixels];  // of the windows inside
  int64_t flat[kBlockPixels];     // pixel numbers of the others
  T* out[kBlockPixels];           // inside ones first, the others from the end backwards

  PixelBlock(const WindowProduct<T>& p, int64_t first, int64_t count) {
    const Gather<T>& g = p.gather;
    Pixel pixel(g, first);
    for (int64_t r = 0; r < count; ++r, pixel.advance(g)) {
      T* target = p.out.data + pixel.image * p.out.image_pitch + pixel.i * p.out.row_pitch +
                  pixel.j * p.out.pixel_pitch;
      const int64_t row = pixel.i * g.step_h + g.off_h;
      const int64_t column = pixel.j * g.step_w + g.off_w;
      if (row + p.reach.top >= 0 && row + p.reach.bottom < g.h && column + p.reach.left >= 0 &&
          column + p.reach.right < g.w) {
        origin[inside] =
            g.source + pixel.image * g.image_pitch + row * g.row_pitch + column * g.pixel_pitch;
        out[inside++] = target;
      } else {
        flat[border] = first + r;
        out[count - ++border] = target;
      }
    }
  }
};

template <class T>
void run_inside(const KernelTable<T>& table, const WindowProduct<T>& p, const BlockK& block,
                const PixelBlock<T>& pixels, const TileEnd<T>& end) {
  const int64_t* index = p.index.data() + block.first;
  for (int64_t column = 0, panel = 0; column < p.cols; column += p.filter.width, ++panel) {
    multiply_indexed(table, pixels.inside, block.count, pixels.origin, index,
                     p.filter.at(panel, block.first), p.filter.row_pitch, pixels.out, column,
                     std::min(p.filter.width, p.cols - column), end);
  }
}

template <class T>
void run_border(const KernelTable<T>& table, const WindowProduct<T>& p, const BlockK& block,
                const PixelBlock<T>& pixels, const TileEnd<T>& end, T* copy) {
  const T* rows[kBlockPixels];
  for (int64_t r = 0; r < pixels.border; ++r) {
    // out[] runs backwards for these pixels.
    const int64_t row = pixels.border - 1 - r;
    table.gather_rows(p.gather, block.runs.data(), int64_t(block.runs.size()), pixels.flat[r], 1,
                      copy + row * kPitch, kPitch);
    rows[row] = copy + row * kPitch;
  }
  for (int64_t column = 0, panel = 0; column < p.cols; column += p.filter.width, ++panel) {
    multiply_rows(table, pixels.border, block.count, rows, p.filter.at(panel, block.first),
                  p.filter.row_pitch, pixels.out + pixels.inside, column,
                  std::min(p.filter.width, p.cols - column), end);
  }
}

template <class T>
void run_block(const KernelTable<T>& table, const WindowProduct<T>& p, int64_t first,
               int64_t count) {
  const PixelBlock<T> pixels(p, first, count);
  Scratch<T> copy(pixels.border * kPitch);
  for (size_t b = 0; b < p.blocks.size(); ++b) {
    TileEnd<T> end = b + 1 == p.blocks.size() ? p.end : plain_end<T>();
    end.accumulate = b > 0;
    keep_going();
    if (pixels.inside) run_inside(table, p, p.blocks[b], pixels, end);
    if (pixels.border) run_border(table, p, p.blocks[b], pixels, end, copy.data());
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
