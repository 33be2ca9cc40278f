// SPDX-License-Identifier: BSD-3-Clause
#include "ops/few_pixels.hpp"

#include <algorithm>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Pixels of a task, at most: a block of their windows, one of the filters and the results stay in
// the second cache.
constexpr int64_t kPixels = 200;
// Tasks to aim for, of fewer panels each.
constexpr int64_t kTasks = 8;
// More pixels share what it costs to copy all filters once.
constexpr int64_t kMostPixels = 2048;
// Smaller filters stay in the second cache.
constexpr int64_t kLeastBytes = int64_t(1) << 20;

// Pixels [first, first + count) and panels [first_panel, last_panel).
struct Part {
  int64_t first, count;
  int64_t first_panel, last_panel;
};

template <class T>
class PartProduct {
 public:
  PartProduct(const WindowProduct<T>& product, const Part& part)
      : table_(kernel_table_of<T>()),
        p_(product),
        part_(part),
        windows_(part.count * kBlockPitch),
        filters_(kBlockK * product.filter.width) {
    const Gather<T>& g = p_.gather;
    for (int64_t r = 0; r < part.count; ++r) {
      const int64_t pixel = part.first + r, line = pixel / g.grid_w;
      const int64_t image = line / g.grid_h, i = line % g.grid_h, j = pixel % g.grid_w;
      y_[r] = i * g.step_h + g.off_h;
      x_[r] = j * g.step_w + g.off_w;
      source_[r] = g.source + image * g.image_pitch + y_[r] * g.row_pitch + x_[r] * g.pixel_pitch;
      out_[r] =
          p_.out.data + image * p_.out.image_pitch + i * p_.out.row_pitch + j * p_.out.pixel_pitch;
    }
  }

  void run() {
    for (size_t number = 0; number < p_.blocks.size(); ++number) {
      find_rows(p_.blocks[number]);
      for (int64_t panel = part_.first_panel; panel < part_.last_panel; ++panel) {
        run_panel(number, panel);
      }
      keep_going();
    }
  }

 private:
  // Windows of one run are read where they lie, others are gathered; which of them meet the image.
  void find_rows(const BlockK& block) {
    const Gather<T>& g = p_.gather;
    const Run& run = block.runs.front();
    in_place_ = block.runs.size() == 1;
    inside_ = 0;
    if (!in_place_) gather(block, 0, part_.count);
    for (int64_t r = 0; r < part_.count; ++r) {
      rows_[r] = windows_.data() + r * kBlockPitch;
      const int64_t y = y_[r] + run.off_h, x = x_[r] + run.off_w;
      const bool meets = y >= 0 && y < g.h && x + run.taps > 0 && x < g.w;
      if (in_place_ && meets && x >= 0 && x + run.taps <= g.w) {
        rows_[r] = source_[r] + run.off_h * g.row_pitch + run.off_w * g.pixel_pitch + run.channel;
      } else if (in_place_) {
        gather(block, r, 1);
      }
      if (in_place_ && !meets) continue;
      inside_rows_[inside_] = rows_[r];
      inside_out_[inside_++] = out_[r];
    }
  }

  void gather(const BlockK& block, int64_t first, int64_t count) {
    table_.gather_rows(p_.gather, block.runs.data(), int64_t(block.runs.size()),
                       part_.first + first, count, windows_.data() + first * kBlockPitch,
                       kBlockPitch);
  }

  void run_panel(size_t number, int64_t panel) {
    const BlockK& block = p_.blocks[number];
    const bool first = number == 0, last = number + 1 == p_.blocks.size();
    TileEnd<T> end = last ? p_.end : plain_end<T>();
    end.accumulate = p_.end.accumulate || !first;
    const int64_t width = p_.filter.width, column = panel * width;
    const int64_t cols = std::min(width, p_.cols - column);
    const bool finite = table_.copy_rows(p_.filter.at(panel, block.first), p_.filter.row_pitch,
                                         filters_.data(), width, block.count, cols);
    // Zeros add nothing, unless an infinite filter makes NaN of them.
    const bool skips = finite && !first && !last;
    multiply(skips ? inside_ : part_.count, skips ? inside_rows_ : rows_,
             skips ? inside_out_ : out_, block.count, column, cols, end, after(number, panel),
             in_place_ && panel == part_.first_panel);
  }

  // The filters that are copied next.
  const T* after(size_t number, int64_t panel) const {
    if (panel + 1 < part_.last_panel) return p_.filter.at(panel + 1, p_.blocks[number].first);
    const size_t next = std::min(number + 1, p_.blocks.size() - 1);
    return p_.filter.at(part_.first_panel, p_.blocks[next].first);
  }

  // Tiles ask for the filters that follow; of rows that are far each asks for those of the next
  // tile.
  void multiply(int64_t count, const T* const* rows, T* const* out, int64_t k, int64_t column,
                int64_t cols, const TileEnd<T>& end, const T* next, bool far) {
    const int64_t width = p_.filter.width;
    const int64_t vecs = ceil_div(cols, table_.width);
    int64_t number = 0;
    for_each_tile(count, table_.row_tile_rows[vecs - 1], [&](int64_t first, int64_t height) {
      if (end.residual) fetch_targets(out + first, height, column, cols, end);
      const int64_t after_next = std::min(count, first + 2 * height);
      for (int64_t r = first + height; far && r < after_next; ++r) fetch(rows[r], k);
      const AskedLines<T> ahead = lines_of_rows(next, p_.filter.row_pitch, width, number);
      table_.row_tile[vecs - 1][height - 1](k, rows + first, 0, filters_.data(), width, out + first,
                                            column, cols, end, ahead.first, ahead.step);
      ++number;
    });
  }

  const KernelTable<T>& table_;
  const WindowProduct<T>& p_;
  const Part part_;
  Scratch<T> windows_, filters_;
  bool in_place_ = false;
  int64_t inside_ = 0;
  int64_t y_[kPixels], x_[kPixels];  // origins
  const T* source_[kPixels];
  const T* rows_[kPixels];
  const T* inside_rows_[kPixels];
  T* out_[kPixels];
  T* inside_out_[kPixels];
};

}  // namespace

template <class T>
bool is_of_few_pixels(int64_t pixels, int64_t k, int64_t cols) {
  return pixels <= kMostPixels && k * cols * int64_t(sizeof(T)) >= kLeastBytes;
}

template <class T>
void few_pixels(const WindowProduct<T>& p) {
  const int64_t pixels = p.images * p.gather.grid_h * p.gather.grid_w;
  const int64_t panels = ceil_div(p.cols, p.filter.width);
  const int64_t parts = ceil_div(pixels, kPixels);
  const int64_t groups = std::min(panels, ceil_div(kTasks, parts));
  parallel_for(parts * groups, 2 * pixels * p.k * p.cols, [&](int64_t task) {
    const int64_t part = task % parts, group = task / parts;
    const int64_t first = pixels * part / parts;
    PartProduct<T>(p, {first, pixels * (part + 1) / parts - first, panels * group / groups,
                       panels * (group + 1) / groups})
        .run();
  });
}

template bool is_of_few_pixels<float>(int64_t, int64_t, int64_t);
template bool is_of_few_pixels<double>(int64_t, int64_t, int64_t);
template void few_pixels(const WindowProduct<float>&);
template void few_pixels(const WindowProduct<double>&);

}  // namespace pyconv
