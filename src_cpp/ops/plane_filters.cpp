// SPDX-License-Identifier: BSD-3-Clause
#include "ops/plane_filters.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/pad_images.hpp"
#include "ops/small_filters.hpp"
#include "ops/streamed.hpp"
#include "ops/tiles.hpp"
#include "ops/window_blocks.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Filters of this size meet the pixels of a tile from the second cache.
constexpr int64_t kPointBytes = int64_t(512) << 10;
// Rows of images that are copied at a time, at most, unless windows are taller.
constexpr int64_t kRowsBytes = int64_t(48) << 10;
// Results that wait to go past the caches, at most, unless a row has more.
constexpr int64_t kWaitingBytes = int64_t(256) << 10;
// Tasks to aim for.
constexpr int64_t kTasks = 64;

bool is_point_of_planes(const Window& w) {
  return w.taps() == 1 && w.sh == 1 && w.sw == 1 && padded_height(w) == w.h &&
         padded_width(w) == w.w && w.groups == 1;
}

// The filters in panels as high as a tile, split evenly: element kk of filter r of a panel at
// data + first * k + kk * height + r.
template <class T>
class FilterColumns {
 public:
  FilterColumns(const T* kernel, int64_t k, int64_t filters, int64_t tallest)
      : k_(k),
        filters_(filters),
        panels_(ceil_div(filters, tallest)),
        copy_(k * filters),
        data_(copy_.data()) {
    for (int64_t panel = 0; panel < panels_; ++panel) {
      T* to = data_ + first(panel) * k;
      for (int64_t kk = 0; kk < k; ++kk, to += height(panel)) {
        std::copy_n(kernel + kk * filters + first(panel), height(panel), to);
      }
    }
  }
  int64_t panels() const { return panels_; }
  int64_t first(int64_t panel) const { return filters_ * panel / panels_; }
  int64_t height(int64_t panel) const { return first(panel + 1) - first(panel); }
  const T* at(int64_t panel, int64_t kk) const {
    return data_ + first(panel) * k_ + kk * height(panel);
  }

 private:
  const int64_t k_, filters_, panels_;
  Scratch<T> copy_;
  T* const data_;
};

// A block of K: where its elements lie from a window's origin.
struct PlaneBlock {
  int64_t first;  // element of K
  std::vector<int64_t> index;
};

std::vector<PlaneBlock> plane_blocks(const Window& w, int64_t plane, int64_t row) {
  std::vector<PlaneBlock> found;
  for (const BlockK& block : cut_blocks(forward_taps(w), w.c, 0)) {
    PlaneBlock& part = found.emplace_back(PlaneBlock{block.first, {}});
    for (const Run& run : block.runs) {
      for (int64_t i = 0; i < run.length; ++i) {
        part.index.push_back((run.channel + i) * plane + run.off_h * row + run.off_w);
      }
    }
  }
  return found;
}

// Rows [first, first + count) of the padded planes of an image; planes of the copy are `plane`
// elements apart.
template <class T>
void pad_planes(const Window& w, const T* image, int64_t first, int64_t count, T* to,
                int64_t plane) {
  const int64_t row = padded_width(w);
  for (int64_t channel = 0; channel < w.c; ++channel) {
    T* line = to + channel * plane;
    for (int64_t y = first - w.top; y < first - w.top + count; ++y, line += row) {
      if (y < 0 || y >= w.h) {
        std::fill_n(line, row, T(0));
        continue;
      }
      std::fill_n(line, w.left, T(0));
      std::memcpy(line + w.left, image + (channel * w.h + y) * w.w, size_t(w.w) * sizeof(T));
      std::fill_n(line + w.left + w.w, w.right, T(0));
    }
  }
}

// Lines of results, counted through all images: rows, or of windows of one pixel as many pixels as
// a tile has columns.
template <class T>
class PlaneLines {
 public:
  PlaneLines(const T* x, const T* kernel, T* y, const Window& w, const TileEnd<T>& end)
      : table_(kernel_table_of<T>()),
        w_(w),
        x_(x),
        y_(y),
        end_(end),
        point_(is_point_of_planes(w)),
        pixels_(w.oh * w.ow),
        widest_(table_.width * std::min<int64_t>(table_.max_vecs,
                                                 ceil_div(point_ ? pixels_ : w.ow, table_.width))),
        length_(point_ ? widest_ : w.ow),
        lines_(ceil_div(pixels_, length_)),
        filters_(kernel, window_elements(w), w.f,
                 table_.column_tile_rows[widest_ / table_.width - 1]),
        reach_((w.kh - 1) * w.dil_h + 1),
        row_(padded_width(w)),
        most_(most_rows()),
        in_place_(padded_height(w) == w.h && row_ == w.w),
        plane_(point_      ? widest_
               : in_place_ ? w.h * w.w
                           : row_ * ((most_ - 1) * w.sh + reach_)),
        blocks_(plane_blocks(w, plane_, point_ ? 0 : row_)) {
    const int64_t size = w.output_pixels() * w.f;
    end_.stream = blocks_.size() == 1 && is_streamed(y, size, {pixels_, length_});
    waits_ = !end_.stream && !point_ && is_streamed<T>(nullptr, size, {});
  }

  int64_t count() const { return w_.n * lines_; }

  void run(int64_t first, int64_t last) const {
    Scratch<T> copy(in_place_ && !point_ ? 0 : plane_ * w_.c);
    Scratch<T> waiting(waits_ ? most_ * w_.ow * w_.f : 0);
    while (first < last) {
      keep_going();
      const int64_t image = first / lines_, i = first % lines_;
      const int64_t count = std::min({last - first, lines_ - i, point_ ? 1 : most_});
      const T* const planes = x_ + image * w_.c * w_.h * w_.w;
      T* const out = y_ + image * w_.f * pixels_ + i * length_;
      if (point_) {
        run_point(planes + i * length_, copy.data(), out, std::min(length_, pixels_ - i * length_));
      } else {
        run_rows(planes, i, count, copy.data(), waits_ ? waiting.data() : out);
      }
      for (int64_t filter = 0; waits_ && filter < w_.f; ++filter) {
        table_.stream(out + filter * pixels_, waiting.data() + filter * count * w_.ow,
                      count * w_.ow);
      }
      first += count;
    }
    if (end_.stream) table_.fence();
  }

 private:
  int64_t most_rows() const {
    const int64_t bytes = int64_t(sizeof(T));
    const int64_t read = (kRowsBytes / (row_ * w_.c * bytes) - reach_) / w_.sh + 1;
    return std::max<int64_t>(1, std::min(read, kWaitingBytes / (w_.ow * w_.f * bytes)));
  }

  void run_point(const T* planes, T* copy, T* out, int64_t pixels) const {
    for (int64_t channel = 0; channel < w_.c; ++channel) {
      std::memcpy(copy + channel * plane_, planes + channel * w_.h * w_.w,
                  size_t(pixels) * sizeof(T));
    }
    run_line(copy, out, pixels_, pixels);
  }

  void run_rows(const T* planes, int64_t i, int64_t count, T* copy, T* out) const {
    const T* source = planes + i * w_.sh * row_;
    if (!in_place_) {
      pad_planes(w_, planes, i * w_.sh, (count - 1) * w_.sh + reach_, copy, plane_);
      source = copy;
    }
    for (int64_t line = 0; line < count; ++line) {
      run_line(source + line * w_.sh * row_, out + line * w_.ow, waits_ ? count * w_.ow : pixels_,
               w_.ow);
    }
  }

  // Planes of `out` are `pitch` elements apart.
  void run_line(const T* source, T* out, int64_t pitch, int64_t pixels) const {
    const int64_t vectors = ceil_div(pixels, table_.width);
    const int64_t parts = ceil_div(vectors, widest_ / table_.width);
    for (int64_t part = 0; part < parts; ++part) {
      const int64_t from = vectors * part / parts * table_.width;
      const int64_t to = std::min(pixels, vectors * (part + 1) / parts * table_.width);
      run_part(source + from, out + from, pitch, to - from);
    }
  }

  void run_part(const T* source, T* out, int64_t pitch, int64_t cols) const {
    const int64_t vecs = ceil_div(cols, table_.width);
    for (const PlaneBlock& block : blocks_) {
      const bool last = &block == &blocks_.back();
      for (int64_t panel = 0; panel < filters_.panels(); ++panel) {
        const int64_t filter = filters_.first(panel), height = filters_.height(panel);
        TileEnd<T> end = last ? columns_from(end_, filter) : plain_end<T>();
        end.accumulate = &block != &blocks_.front();
        table_.plane_tile[vecs - 1][height - 1](
            int64_t(block.index.size()), filters_.at(panel, block.first), height, source,
            block.index.data(), out + filter * pitch, pitch, cols, end);
      }
    }
  }

  const KernelTable<T>& table_;
  const Window& w_;
  const T* x_;
  T* y_;
  TileEnd<T> end_;
  const bool point_;
  const int64_t pixels_;  // of a plane of results
  const int64_t widest_;  // columns of a tile
  const int64_t length_;  // pixels of a line
  const int64_t lines_;   // of an image
  const FilterColumns<T> filters_;
  const int64_t reach_;  // rows under a window
  const int64_t row_;    // elements of a padded row
  const int64_t most_;   // rows of results at a time
  const bool in_place_;  // there is no padding
  bool waits_;           // results go past the caches, but are not aligned
  const int64_t plane_;  // elements between planes that are read
  const std::vector<PlaneBlock> blocks_;
};

}  // namespace

template <class T>
bool has_plane_filters(const Window& w) {
  if (!w.channels_first || w.sw != 1 || w.f == 1) return false;
  const int64_t bytes = window_elements(w) * w.f * int64_t(sizeof(T));
  return is_point_of_planes(w) ? bytes <= kPointBytes : has_small_filters<T>(w);
}

template <class T>
void plane_filters(const T* x, const T* kernel, T* y, const Window& w, const TileEnd<T>& end) {
  const PlaneLines<T> lines(x, kernel, y, w, end);
  const int64_t tasks = std::min(lines.count(), kTasks);
  parallel_for(tasks, 2 * w.output_pixels() * w.f * window_elements(w), [&](int64_t task) {
    lines.run(lines.count() * task / tasks, lines.count() * (task + 1) / tasks);
  });
}

template bool has_plane_filters<float>(const Window&);
template bool has_plane_filters<double>(const Window&);
template void plane_filters(const float*, const float*, float*, const Window&,
                            const TileEnd<float>&);
template void plane_filters(const double*, const double*, double*, const Window&,
                            const TileEnd<double>&);

}  // namespace pyconv
