// SPDX-License-Identifier: BSD-3-Clause
#include "ops/point_product.hpp"

#include <algorithm>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/point_shares.hpp"
#include "ops/streamed.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Panels of at most this many bytes are read again by each tile: they stay in the nearest caches.
constexpr int64_t kChunkBytes = int64_t(64) << 10;
// Filters that are read in place are copied first where so many pixels meet them: their rows may
// share few sets of the caches.
constexpr int64_t kCopyPixels = 12;
// The stretch of K after which results are read again.
constexpr int64_t kStretchK = 2 * kBlockK;

// What there is to ask for: rows of the next tiles, then filters.
template <class T>
struct Ahead {
  static constexpr int64_t line = 64 / sizeof(T);
  const T *row = nullptr, *row_end = nullptr;
  const T *filter = nullptr, *filter_end = nullptr;

  // The next `count` lines of neighbours; of nothing one line, `otherwise`.
  AskedLines<T> take(int64_t count, const T* otherwise) {
    if (row < row_end) return {(row += count * line) - count * line, line};
    if (filter < filter_end) return {(filter += count * line) - count * line, line};
    return {otherwise, 0};
  }
};

// The work of a task.
template <class T>
class PointBlock {
 public:
  PointBlock(const PointProduct<T>& product, const PointShares& shares, int64_t task)
      : table_(kernel_table_of<T>()),
        p_(product),
        shares_(shares),
        block_(shares.task(task)),
        packed_(p_.filter.row_pitch == p_.filter.width),
        panel_after_(shares.panel_after(task)),
        count_(block_.last_pixel - block_.first_pixel),
        copied_(!packed_ && count_ > kCopyPixels),
        copy_(copied_ ? stretch() * p_.filter.width : 0) {
    for (TileEnd<T>* end : {middle_, last_}) {
      end[0] = end[1] = end == last_ ? p_.end : plain_end<T>();
      end[0].accumulate = p_.end.accumulate;
      end[1].accumulate = true;
    }
    find_rows();
  }

  void run() {
    const int64_t bytes = std::max<int64_t>(1, stretch() * p_.filter.width * int64_t(sizeof(T)));
    const int64_t chunk = packed_ ? std::max<int64_t>(1, kChunkBytes / bytes) : 1;
    int64_t first_k = 0;
    do {
      const int64_t last_k = std::min(p_.k, first_k + stretch());
      for (int64_t first = block_.first_panel; first < block_.last_panel;) {
        const int64_t last =
            std::max(first + 1, std::min({block_.last_panel, first + chunk, whole()}));
        if (packed_) ask_for_filters(last, first_k, last_k, stretch() == p_.k ? chunk : 1);
        run_chunk(first, last, first_k, last_k);
        keep_going();
        first = last;
      }
      first_k = last_k;
    } while (first_k < p_.k);
    if (p_.end.stream) table_.fence();
  }

 private:
  // Panels that lie in place among others are read a block at a time: their rows are neighbours.
  int64_t stretch() const { return std::min(p_.k, packed_ ? kStretchK : kBlockK); }

  // Panels of all their columns: a narrower one has tiles of another height.
  int64_t whole() const { return p_.cols / p_.filter.width; }

  void find_rows() {
    const int64_t first = block_.first_pixel;
    const Gather<T>& g = p_.gather;
    const int64_t top = g.off_h + p_.tap.off_h, left = g.off_w + p_.tap.off_w;
    const int64_t in_step = g.step_w * g.pixel_pitch, out_step = p_.out.pixel_pitch;
    int64_t line = first / g.grid_w;  // of all images
    int64_t j = first % g.grid_w;
    for (int64_t r = 0; r < count_; ++line, j = 0) {
      const int64_t image = line / g.grid_h, i = line % g.grid_h;
      const T* in = g.source + image * g.image_pitch + (i * g.step_h + top) * g.row_pitch +
                    left * g.pixel_pitch + j * in_step;
      T* out = p_.out.data + image * p_.out.image_pitch + i * p_.out.row_pitch + j * out_step;
      const int64_t end = std::min(count_, r + g.grid_w - j);
      for (; r < end; ++r, in += in_step, out += out_step) {
        in_[r] = in;
        out_[r] = out;
      }
    }
    neighbours_ = in_[count_ - 1] == in_[0] + (count_ - 1) * p_.k;
  }

  // Those that follow a chunk that ends before panel `last` of a stretch of K.
  void ask_for_filters(int64_t last, int64_t first_k, int64_t last_k, int64_t panels) {
    const T* const next = last < block_.last_panel ? p_.filter.at(last, first_k)
                          : last_k < p_.k          ? p_.filter.at(block_.first_panel, last_k)
                                                   : p_.filter.at(panel_after_, 0);
    ahead_.filter = next;
    ahead_.filter_end =
        next + std::min(panels, shares_.per_task) * (last_k - first_k) * p_.filter.width;
  }

  // Every tile meets the panels [first_panel, last_panel).
  void run_chunk(int64_t first_panel, int64_t last_panel, int64_t first_k, int64_t last_k) {
    const int64_t cols = std::min(p_.filter.width, p_.cols - first_panel * p_.filter.width);
    const int64_t vecs = ceil_div(cols, table_.width);
    const bool whole_rows = last_k - first_k == p_.k;
    if (copied_) {
      table_.copy_rows(p_.filter.at(first_panel, first_k), p_.filter.row_pitch, copy_.data(),
                       p_.filter.width, last_k - first_k, cols);
    }
    int64_t number = 0;
    for_each_tile(count_, table_.row_tile_rows[vecs - 1], [&](int64_t first, int64_t count) {
      // Of neighbours the next two tiles' are asked for at every second tile, by the first panels.
      if (neighbours_ && whole_rows && first_panel == block_.first_panel && number % 2 == 0) {
        ahead_.row = in_[first] + count * p_.k;
        ahead_.row_end = ahead_.row + 2 * count * p_.k;
      }
      for (int64_t panel = first_panel; panel < last_panel; ++panel) {
        run_tile({first, count, number, vecs}, panel, first_k, last_k);
      }
      ++number;
    });
  }

  struct Tile {
    int64_t first, count;
    int64_t number;  // of the task's
    int64_t vecs;
  };

  void run_tile(const Tile& at, int64_t panel, int64_t first_k, int64_t last_k) {
    const int64_t column = panel * p_.filter.width;
    const int64_t cols = std::min(p_.filter.width, p_.cols - column);
    const RowTile<T> tile = table_.row_tile[at.vecs - 1][at.count - 1];
    T* const* const out = out_ + at.first;
    const T* const* const in = in_ + at.first;
    if (!p_.end.stream) fetch_targets(out, at.count, column, cols, p_.end);
    const bool asks = packed_ && !neighbours_ && panel == block_.first_panel;
    const int64_t rows_after = asks ? std::min(at.count, count_ - at.first - at.count) : 0;
    for (int64_t k = first_k; k < last_k || k == first_k; k += kBlockK) {
      const int64_t size = std::min(last_k - k, kBlockK);
      for (int64_t r = 0; r < rows_after; ++r) fetch(in[at.count + r] + k, size);
      const TileEnd<T>* const end = k + size == p_.k ? last_ : middle_;
      const T* const b = copied_ ? copy_.data() : p_.filter.at(panel, k);
      const int64_t ldb = copied_ ? p_.filter.width : p_.filter.row_pitch;
      const AskedLines<T> ahead =
          packed_ ? ahead_.take(size / kAskSteps, b) : in_place_ahead(at, panel, k, size);
      tile(size, in, k, b, ldb, out, column, cols, end[k > 0], ahead.first, ahead.step);
    }
  }

  // Of rows that lie apart every tile asks for a line of every other one.
  AskedLines<T> in_place_ahead(const Tile& at, int64_t panel, int64_t k, int64_t size) const {
    const bool same = panel + 1 < block_.last_panel;
    const bool more = k + size < p_.k;
    if (!same && !more) return {in_[at.first], 0};
    const T* const next = same ? p_.filter.at(panel + 1, k)
                               : p_.filter.at(block_.first_panel, std::min(k + size, p_.k - size));
    return lines_of_rows(next, p_.filter.row_pitch, p_.filter.width, at.number);
  }

  const KernelTable<T>& table_;
  const PointProduct<T>& p_;
  const PointShares& shares_;
  const PointTask block_;
  const bool packed_;
  const int64_t panel_after_;
  const int64_t count_;  // of its pixels
  const bool copied_;
  Scratch<T> copy_;                 // of a panel's filters for a block of K
  bool neighbours_;                 // rows are, each to the next
  TileEnd<T> middle_[2], last_[2];  // of a block of K that is the first, that is not
  Ahead<T> ahead_;
  const T* in_[kPointPixels];
  T* out_[kPointPixels];
};

}  // namespace

template <class T>
bool is_point(const Gather<T>& g, const std::vector<Tap>& taps) {
  if (taps.size() != 1) return false;
  const int64_t top = g.off_h + taps[0].off_h, left = g.off_w + taps[0].off_w;
  return top >= 0 && left >= 0 && top + (g.grid_h - 1) * g.step_h < g.h &&
         left + (g.grid_w - 1) * g.step_w < g.w;
}

template <class T>
void point_product(const PointProduct<T>& product) {
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t pixels = product.images * product.gather.grid_h * product.gather.grid_w;
  if (pixels == 0 || product.cols == 0) return;
  PointProduct<T> p = product;
  const PixelGrid<T>& out = p.out;
  p.end.stream = p.k <= kBlockK && !p.end.accumulate &&
                 is_streamed(out.data, pixels * p.cols,
                             {p.cols, out.pixel_pitch, out.row_pitch, out.image_pitch});
  const int64_t vecs = ceil_div(std::min(p.filter.width, p.cols), table.width);
  const PointShares shares(pixels, table.row_tile_rows[vecs - 1], ceil_div(p.cols, p.filter.width),
                           p.cols > pixels);
  parallel_for(shares.tasks(), 2 * pixels * p.k * p.cols,
               [&](int64_t task) { PointBlock<T>(p, shares, task).run(); });
}

template bool is_point(const Gather<float>&, const std::vector<Tap>&);
template bool is_point(const Gather<double>&, const std::vector<Tap>&);
template void point_product(const PointProduct<float>&);
template void point_product(const PointProduct<double>&);

}  // namespace pyconv
