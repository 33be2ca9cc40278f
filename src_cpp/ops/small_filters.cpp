// SPDX-License-Identifier: BSD-3-Clause
#include "ops/small_filters.hpp"

#include <algorithm>
#include <vector>

#include "dispatch.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/pad_images.hpp"
#include "ops/streamed.hpp"
#include "ops/tiles.hpp"
#include "ops/window_blocks.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Windows of larger dilation reach rows that would be padded anew for every few rows of results.
constexpr int64_t kMostPaddedDilation = 2;
// Filters of this size leave room beside them in the second cache.
constexpr int64_t kFilterBytes = int64_t(128) << 10;
// Shorter rows of results make tiles of too few pixels.
constexpr int64_t kLeastPixels = 8;
// Rows of images that are read at a time, at most, unless windows are taller.
constexpr int64_t kRowsBytes = int64_t(48) << 10;
// Panels of so many vectors stay in the first cache, which those of the widest tiles would not.
constexpr int64_t kNarrowVecs = 2;
// Tasks to aim for.
constexpr int64_t kTasks = 64;

template <class T>
bool are_small(const Window& w) {
  const int64_t bytes = window_elements(w) * w.f * int64_t(sizeof(T));
  return w.groups == 1 && w.taps() > 1 && bytes <= kFilterBytes;
}

// A block of K: its elements in a window, counted from the window's origin in padded rows.
struct Spans {
  int64_t first;  // element of K
  std::vector<Span> spans;
};

std::vector<Spans> spans_of(const Window& w) {
  const int64_t row = padded_width(w) * w.c;
  std::vector<Spans> found;
  for (const BlockK& block : cut_blocks(forward_taps(w), w.c, w.c)) {
    Spans& part = found.emplace_back(Spans{block.first, {}});
    for (const Run& run : block.runs) {
      part.spans.push_back(
          {run.off_h * row + run.off_w * w.c + run.channel, run.taps * run.length});
    }
  }
  return found;
}

// The rows [first, last) of results, counted through all images.
template <class T>
class Lines {
 public:
  Lines(const T* x, const Panels<T>& filter, T* y, const Window& w, const TileEnd<T>& end)
      : table_(kernel_table_of<T>()),
        w_(w),
        x_(x),
        filter_(filter),
        y_(y),
        blocks_(spans_of(w)),
        end_(end),
        row_(padded_width(w) * w.c),
        reach_((w.kh - 1) * w.dil_h + 1),
        most_(
            std::max<int64_t>(1, (kRowsBytes / (row_ * int64_t(sizeof(T))) - reach_) / w.sh + 1)) {
    end_.stream = blocks_.size() == 1 && is_streamed(y, w.output_pixels() * w.f, {w.f});
  }

  void run(int64_t first, int64_t last) const {
    PaddedRows<T> rows(w_, (most_ - 1) * w_.sh + reach_);
    while (first < last) {
      keep_going();
      const int64_t image = first / w_.oh, i = first % w_.oh;
      const int64_t count = std::min({last - first, w_.oh - i, most_});
      const T* source =
          rows.read(x_ + image * w_.h * w_.w * w_.c, i * w_.sh, (count - 1) * w_.sh + reach_);
      for (int64_t line = first; line < first + count; ++line, source += w_.sh * row_) {
        run_line(source, y_ + line * w_.ow * w_.f);
      }
      first += count;
    }
    if (end_.stream) table_.fence();
  }

 private:
  void run_line(const T* source, T* out) const {
    for (int64_t column = 0; column < w_.f; column += filter_.width) {
      const int64_t cols = std::min(filter_.width, w_.f - column);
      for (const Spans& block : blocks_) {
        TileEnd<T> end = &block == &blocks_.back() ? columns_from(end_, column) : plain_end<T>();
        end.accumulate = &block != &blocks_.front();
        run_block(source, block, filter_.at(column / filter_.width, block.first), out + column,
                  cols, end);
      }
    }
  }

  // Pixels are split evenly over as few tiles as possible.
  void run_block(const T* source, const Spans& block, const T* b, T* out, int64_t cols,
                 const TileEnd<T>& end) const {
    const int64_t vecs = ceil_div(cols, table_.width);
    const int64_t tiles = ceil_div(w_.ow, table_.column_tile_rows[vecs - 1]);
    const int64_t least = w_.ow / tiles, taller = w_.ow % tiles;
    const int64_t step = w_.sw * w_.c;
    for (int64_t t = 0; t < tiles; ++t) {
      const int64_t count = least + (t < taller);
      table_.span_tile[vecs - 1][count - 1](block.spans.data(), int64_t(block.spans.size()), source,
                                            step, b, filter_.row_pitch, out, w_.f, cols, end);
      source += count * step;
      out += count * w_.f;
    }
  }

  const KernelTable<T>& table_;
  const Window& w_;
  const T* x_;
  const Panels<T>& filter_;
  T* y_;
  const std::vector<Spans> blocks_;
  TileEnd<T> end_;
  const int64_t row_;    // elements of a padded row
  const int64_t reach_;  // rows under a window
  const int64_t most_;   // rows of results at a time
};

}  // namespace

template <class T>
bool has_small_filters(const Window& w) {
  const bool touching = w.sh <= w.kh * w.dil_h && w.sw <= w.kw * w.dil_w;
  const bool pads = padded_height(w) != w.h || padded_width(w) != w.w;
  if (pads && w.dil_h > kMostPaddedDilation) return false;
  return are_small<T>(w) && touching && w.ow >= kLeastPixels && !mostly_padding<T>(w);
}

template <class T>
int64_t filter_width(const Window& w) {
  const int64_t width = panel_width<T>(w.group_filters());
  const int64_t narrow = kNarrowVecs * kernel_table_of<T>().width;
  return are_small<T>(w) ? std::min(width, narrow) : width;
}

template <class T>
void small_filters(const T* x, const Panels<T>& filter, T* y, const Window& w,
                   const TileEnd<T>& end) {
  const Lines<T> lines(x, filter, y, w, end);
  const int64_t count = w.n * w.oh;
  const int64_t tasks = std::min(count, kTasks);
  parallel_for(tasks, 2 * w.output_pixels() * w.f * window_elements(w),
               [&](int64_t task) { lines.run(count * task / tasks, count * (task + 1) / tasks); });
}

template bool has_small_filters<float>(const Window&);
template bool has_small_filters<double>(const Window&);
template int64_t filter_width<float>(const Window&);
template int64_t filter_width<double>(const Window&);
template void small_filters(const float*, const Panels<float>&, float*, const Window&,
                            const TileEnd<float>&);
template void small_filters(const double*, const Panels<double>&, double*, const Window&,
                            const TileEnd<double>&);

}  // namespace pyconv
