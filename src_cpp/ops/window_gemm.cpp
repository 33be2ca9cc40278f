// SPDX-License-Identifier: BSD-3-Clause
#include "ops/window_gemm.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/few_pixels.hpp"
#include "ops/window_regions.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

constexpr int64_t kBlockPixels = 96;
// A region of fewer pixels would read the filters for too few products.
constexpr int64_t kLeastPixels = 16;
// Tasks to aim for: where pixels make fewer, groups of filters of at least so many are apart.
constexpr int64_t kTasks = 16;
constexpr int64_t kLeastColumns = 64;

// Shorter rows come as quickly without being asked for.
constexpr int64_t kLeastFetched = 128;

// Neighbouring panels of the filters.
struct PanelRange {
  int64_t first, last;
};

template <class T>
const T* origin_of(const WindowProduct<T>& p, const RegionPixel& pixel) {
  const Gather<T>& g = p.gather;
  return g.source + pixel.image * g.image_pitch + (pixel.i * g.step_h + g.off_h) * g.row_pitch +
         (pixel.j * g.step_w + g.off_w) * g.pixel_pitch;
}

template <class T>
T* target_of(const WindowProduct<T>& p, const RegionPixel& pixel) {
  return p.out.data + pixel.image * p.out.image_pitch + pixel.i * p.out.row_pitch +
         pixel.j * p.out.pixel_pitch;
}

// What is done after a block of K that may be the first or the last.
template <class T>
TileEnd<T> end_of(const WindowProduct<T>& p, bool first, bool last) {
  TileEnd<T> end = last ? p.end : plain_end<T>();
  end.accumulate = p.end.accumulate || !first;
  return end;
}

// Calls body(b, column, columns) for the rows of each panel that meet a block of K.
template <class T, class Body>
void each_panel(const WindowProduct<T>& p, const PanelRange& panels, const BlockK& block,
                Body&& body) {
  for (int64_t panel = panels.first; panel < panels.last; ++panel) {
    const int64_t column = panel * p.filter.width;
    body(p.filter.at(panel, block.first), column, std::min(p.filter.width, p.cols - column));
  }
}

// Some pixels of a region: read where they are, through the index, taps outside left out.
template <class T>
void run_region(const KernelTable<T>& table, const WindowProduct<T>& p, const Region& region,
                int64_t first, int64_t count, const PanelRange& panels) {
  const T* origin[kBlockPixels];
  T* out[kBlockPixels];
  RegionPixel pixel(region, first);
  for (int64_t r = 0; r < count; ++r, pixel.advance(region)) {
    origin[r] = origin_of(p, pixel);
    out[r] = target_of(p, pixel);
  }
  struct Part {
    const BlockK* block;
    size_t begin, end;  // of its stretches
  };
  std::vector<Part> parts;
  std::vector<Stretch> stretches;
  for (const BlockK& block : p.blocks) {
    const size_t begin = stretches.size();
    append_stretches(block, region, stretches);
    if (stretches.size() > begin) parts.push_back({&block, begin, stretches.size()});
  }
  if (parts.empty()) parts.push_back({&p.blocks.back(), 0, 0});
  // A pixel that one window alone reads has not been near before.
  const bool alone =
      p.reach.top == p.reach.bottom && p.reach.left == p.reach.right && p.k >= kLeastFetched;
  for (const Part& part : parts) {
    const TileEnd<T> end = end_of(p, &part == &parts.front(), &part == &parts.back());
    keep_going();
    each_panel(p, panels, *part.block, [&](const T* b, int64_t column, int64_t columns) {
      const bool far = alone && column == panels.first * p.filter.width;
      multiply_indexed(table, count, stretches.data() + part.begin, int64_t(part.end - part.begin),
                       origin, p.index.data() + part.block->first, b, p.filter.row_pitch, out,
                       column, columns, end, far ? part.block->count : 0);
    });
  }
}

// Pixels [first, first + count) of regions one after the other: their windows are gathered, with
// zeros for what is outside.
template <class T>
void run_gathered(const KernelTable<T>& table, const WindowProduct<T>& p,
                  const std::vector<Region>& regions, int64_t first, int64_t count,
                  const PanelRange& panels) {
  int64_t flat[kBlockPixels];
  const T* rows[kBlockPixels];
  T* out[kBlockPixels];
  Scratch<T> copy(count * kBlockPitch);
  int64_t skipped = first, r = 0;
  for (const Region& region : regions) {
    const int64_t pixels = p.images * region.pixels();
    if (skipped >= pixels) {
      skipped -= pixels;
      continue;
    }
    RegionPixel pixel(region, skipped);
    for (; skipped < pixels && r < count; ++skipped, ++r, pixel.advance(region)) {
      flat[r] = (pixel.image * p.gather.grid_h + pixel.i) * p.gather.grid_w + pixel.j;
      rows[r] = copy.data() + r * kBlockPitch;
      out[r] = target_of(p, pixel);
    }
    skipped = 0;
  }
  for (const BlockK& block : p.blocks) {
    const TileEnd<T> end = end_of(p, &block == &p.blocks.front(), &block == &p.blocks.back());
    keep_going();
    for (r = 0; r < count; ++r) {
      table.gather_rows(p.gather, block.runs.data(), int64_t(block.runs.size()), flat[r], 1,
                        copy.data() + r * kBlockPitch, kBlockPitch);
    }
    each_panel(p, panels, block, [&](const T* b, int64_t column, int64_t columns) {
      multiply_rows(table, count, block.count, rows, b, p.filter.row_pitch, out, column, columns,
                    end);
    });
  }
}

template <class T>
bool all_finite(const T* values, int64_t count) {
  bool finite = true;
  for (int64_t i = 0; i < count; ++i) finite &= values[i] - values[i] == T(0);
  return finite;
}

template <class T>
bool all_finite(const WindowProduct<T>& p) {
  const Panels<T>& filter = p.filter;
  const int64_t panels = ceil_div(p.cols, filter.width);
  std::atomic<bool> finite{true};
  parallel_for(panels, p.k * p.cols * int64_t(sizeof(T)), [&](int64_t panel) {
    const int64_t cols = std::min(filter.width, p.cols - panel * filter.width);
    const bool touching = filter.row_pitch == cols;
    const int64_t runs = touching ? 1 : p.k;
    for (int64_t k = 0; k < runs && finite; ++k) {
      if (!all_finite(filter.at(panel, k), touching ? p.k * cols : cols)) finite = false;
    }
  });
  return finite;
}

// Pixels of regions, shared out in tasks.
struct Shares {
  std::vector<Region> regions;
  int64_t pixels = 0, tasks = 0;
  int64_t first_task = 0;  // of all

  void add(const Region& region, int64_t count) {
    regions.push_back(region);
    pixels += count;
    tasks = ceil_div(pixels, kBlockPixels);
  }
  // Calls body(first pixel, count) for a task.
  template <class Body>
  void run(int64_t number, Body&& body) const {
    const int64_t task = number - first_task;
    const int64_t first = pixels * task / tasks;
    body(first, pixels * (task + 1) / tasks - first);
  }
};

std::vector<int64_t> offsets(const std::vector<BlockK>& blocks, bool vertical) {
  std::vector<int64_t> found;
  for (const BlockK& block : blocks) {
    for (const Run& run : block.runs) {
      if (vertical) {
        found.push_back(run.off_h);
      } else {
        for (int64_t tap = 0; tap < run.taps; ++tap) found.push_back(run.off_w + tap);
      }
    }
  }
  return found;
}

// Whether no tap is ever outside.
template <class T>
bool is_inside(const WindowProduct<T>& p) {
  const Gather<T>& g = p.gather;
  return g.off_h + p.reach.top >= 0 && g.off_w + p.reach.left >= 0 &&
         (g.grid_h - 1) * g.step_h + g.off_h + p.reach.bottom < g.h &&
         (g.grid_w - 1) * g.step_w + g.off_w + p.reach.right < g.w;
}

template <class T>
std::vector<Region> regions_of(const WindowProduct<T>& p) {
  const Gather<T>& g = p.gather;
  if (is_inside(p)) {
    return {{{0, g.grid_h, p.reach.top, p.reach.bottom},
             {0, g.grid_w, p.reach.left, p.reach.right},
             true}};
  }
  const auto rows = line_parts(g.grid_h, g.step_h, g.off_h, g.h, offsets(p.blocks, true));
  const auto columns = line_parts(g.grid_w, g.step_w, g.off_w, g.w, offsets(p.blocks, false));
  std::vector<Region> regions;
  for (const LinePart& vertical : rows) {
    for (const LinePart& horizontal : columns) {
      regions.push_back({vertical, horizontal,
                         vertical.low == p.reach.top && vertical.high == p.reach.bottom &&
                             horizontal.low == p.reach.left && horizontal.high == p.reach.right});
    }
  }
  return regions;
}

// Regions that are run each by itself, the largest first, and those that are not.
template <class T>
void share_out(const WindowProduct<T>& p, std::vector<Shares>& alone, Shares& gathered) {
  std::vector<Region> regions = regions_of(p);
  if (regions.size() > 1) {
    std::stable_sort(regions.begin(), regions.end(),
                     [](const Region& a, const Region& b) { return a.pixels() > b.pixels(); });
  }
  const auto gains = [&](const Region& region) {
    return !region.whole && p.images * region.pixels() >= kLeastPixels;
  };
  // An infinite filter makes NaN of padding.
  const bool skips = std::any_of(regions.begin(), regions.end(), gains) && all_finite(p);
  for (const Region& region : regions) {
    const int64_t pixels = p.images * region.pixels();
    if (region.whole || (skips && gains(region))) {
      alone.emplace_back().add(region, pixels);
    } else {
      gathered.add(region, pixels);
    }
  }
}

}  // namespace

template <class T>
void window_gemm(const WindowProduct<T>& product) {
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t pixels = product.images * product.gather.grid_h * product.gather.grid_w;
  if (pixels == 0) return;
  if (is_of_few_pixels<T>(pixels, product.k, product.cols)) return few_pixels(product);
  std::vector<Shares> alone;
  Shares gathered;
  share_out(product, alone, gathered);
  for (Shares& shares : alone) {
    shares.first_task = gathered.first_task;
    gathered.first_task += shares.tasks;
  }
  const int64_t tasks = gathered.first_task + gathered.tasks;
  const int64_t panels = ceil_div(product.cols, product.filter.width);
  const int64_t groups = std::min(
      {panels, ceil_div(kTasks, tasks), std::max<int64_t>(1, product.cols / kLeastColumns)});
  parallel_for(tasks * groups, 2 * pixels * product.k * product.cols, [&](int64_t number) {
    const int64_t task = number % tasks;
    const int64_t group = number / tasks;
    const PanelRange some{panels * group / groups, panels * (group + 1) / groups};
    if (task >= gathered.first_task) {
      return gathered.run(task, [&](int64_t first, int64_t count) {
        run_gathered(table, product, gathered.regions, first, count, some);
      });
    }
    // There may be as many regions as an image has pixels.
    const auto next =
        std::upper_bound(alone.begin(), alone.end(), task,
                         [](int64_t t, const Shares& shares) { return t < shares.first_task; });
    const Shares& shares = *(next - 1);
    shares.run(task, [&](int64_t first, int64_t count) {
      run_region(table, product, shares.regions[0], first, count, some);
    });
  });
}

template void window_gemm(const WindowProduct<float>&);
template void window_gemm(const WindowProduct<double>&);

}  // namespace pyconv
