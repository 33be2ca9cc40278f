// SPDX-License-Identifier: BSD-3-Clause
#include "ops/point_product.hpp"

#include <algorithm>

#include "dispatch.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Pixels per task, and the stretch of K after which the results are read again: those pixels and
// a panel of filters stay in the second cache.
constexpr int64_t kBlockPixels = 98;
constexpr int64_t kStretchK = 4 * kBlockK;
// Tasks to aim for.
constexpr int64_t kTasks = 16;

// What one task computes: pixels [first, first + count) of panels [first_panel, last_panel).
struct Block {
  int64_t first, count;
  int64_t first_panel, last_panel;
};

// How pixels and panels are shared out: tasks of the same panels follow one another.
struct Shares {
  int64_t pixels, panels;
  int64_t blocks, per_task, tasks;

  Shares(int64_t pixels_of_all, int64_t panels_of_all)
      : pixels(pixels_of_all), panels(panels_of_all), blocks(ceil_div(pixels, kBlockPixels)) {
    per_task = ceil_div(panels, std::min(panels, ceil_div(kTasks, blocks)));
    tasks = blocks * ceil_div(panels, per_task);
  }

  Block block(int64_t task) const {
    const int64_t number = task % blocks;
    const int64_t first = pixels * number / blocks;
    const int64_t panel = first_panel(task);
    return {first, pixels * (number + 1) / blocks - first, panel,
            std::min(panels, panel + per_task)};
  }
  int64_t first_panel(int64_t task) const { return task / blocks * per_task; }

  // The panel that a thread is likely to read after the last of a task.
  int64_t panel_after(int64_t task) const {
    return first_panel(std::min(tasks - 1, task + num_threads()));
  }
};

template <class T>
struct Rows {
  const T* in[kBlockPixels];
  T* out[kBlockPixels];

  Rows(const PointProduct<T>& p, const Block& block) {
    const Gather<T>& g = p.gather;
    int64_t j = block.first % g.grid_w;
    int64_t i = block.first / g.grid_w % g.grid_h;
    int64_t image = block.first / g.grid_w / g.grid_h;
    for (int64_t r = 0; r < block.count; ++r) {
      in[r] = g.source + image * g.image_pitch + (i * g.step_h + g.off_h) * g.row_pitch +
              (j * g.step_w + g.off_w) * g.pixel_pitch;
      out[r] = p.out.data + image * p.out.image_pitch + i * p.out.row_pitch + j * p.out.pixel_pitch;
      if (++j < g.grid_w) continue;
      j = 0;
      if (++i < g.grid_h) continue;
      i = 0;
      ++image;
    }
  }
};

// One panel times one block's pixels, over [first_k, last_k) of K. While it is read, the next one
// is asked for, a part by each tile.
template <class T>
void run_panel(const KernelTable<T>& table, const PointProduct<T>& p, const Rows<T>& rows,
               int64_t pixels, int64_t panel, int64_t first_k, int64_t last_k, const T* next,
               bool first_time) {
  const int64_t column = panel * p.filter.width;
  const int64_t cols = std::min(p.filter.width, p.cols - column);
  const int64_t vecs = ceil_div(cols, table.width);
  constexpr int64_t line = 64 / sizeof(T);
  const T* const next_end = next + (last_k - first_k) * p.filter.width;
  for_each_tile(pixels, table.row_tile_rows[vecs - 1], [&](int64_t first, int64_t count) {
    T* out[kMaxRows];
    const T* in[kMaxRows];
    for (int64_t r = 0; r < count; ++r) out[r] = rows.out[first + r] + column;
    fetch_residual(out, count, cols, p.end);
    const int64_t after = std::min(pixels, first + 2 * count);
    for (int64_t r = first + count; first_time && r < after; ++r) {
      fetch(rows.in[r] + first_k, last_k - first_k);
    }
    int64_t k = first_k;
    do {
      const int64_t last = std::min(last_k, k + kBlockK);
      TileEnd<T> end = last == p.k ? columns_from(p.end, column) : plain_end<T>();
      end.accumulate = k > 0;
      for (int64_t r = 0; r < count; ++r) in[r] = rows.in[first + r] + k;
      const T* const b = p.filter.at(panel, k);
      const bool asks = next < next_end;
      table.row_tile[vecs - 1][count - 1](last - k, in, b, p.filter.row_pitch, out, cols, end,
                                          asks ? next : b);
      if (asks) next += (last - k) * line;
      k = last;
    } while (k < last_k);
  });
}

}  // namespace

template <class T>
bool is_point(const Gather<T>& g, const std::vector<Tap>& taps) {
  if (taps.size() != 1) return false;
  const int64_t top = g.off_h + taps[0].off_h, left = g.off_w + taps[0].off_w;
  return top >= 0 && left >= 0 && top + (g.grid_h - 1) * g.step_h < g.h &&
         left + (g.grid_w - 1) * g.step_w < g.w;
}

template <class T>
void point_product(const PointProduct<T>& p) {
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t pixels = p.images * p.gather.grid_h * p.gather.grid_w;
  if (pixels == 0) return;
  const Shares shares(pixels, ceil_div(p.cols, p.filter.width));
  parallel_for(shares.tasks, 2 * pixels * p.k * p.cols, [&](int64_t task) {
    const Block block = shares.block(task);
    const Rows<T> rows(p, block);
    const auto after = [&](int64_t panel, int64_t first_k, int64_t last_k) {
      if (panel + 1 < block.last_panel) return p.filter.at(panel + 1, first_k);
      return last_k < p.k ? p.filter.at(block.first_panel, last_k)
                          : p.filter.at(shares.panel_after(task), 0);
    };
    int64_t first_k = 0;
    do {
      const int64_t last_k = std::min(p.k, first_k + kStretchK);
      for (int64_t panel = block.first_panel; panel < block.last_panel; ++panel) {
        run_panel(table, p, rows, block.count, panel, first_k, last_k,
                  after(panel, first_k, last_k), panel == block.first_panel);
        keep_going();
      }
      first_k = last_k;
    } while (first_k < p.k);
  });
}

template bool is_point(const Gather<float>&, const std::vector<Tap>&);
template bool is_point(const Gather<double>&, const std::vector<Tap>&);
template void point_product(const PointProduct<float>&);
template void point_product(const PointProduct<double>&);

}  // namespace pyconv
