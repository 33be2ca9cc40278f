// SPDX-License-Identifier: BSD-3-Clause
// The tiles of channels_first convolutions: vectors are neighbouring results of a plane, rows are
// filters.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "geometry.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/tiles.hpp"

namespace pyconv {

template <class T>
TileEnd<T> streamed(TileEnd<T> end, bool streams) {
  end.stream = streams;
  return end;
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

// A block of K: where its elements lie, counted from the first one of the first result.
struct PlaneBlock {
  int64_t first;  // element of K
  std::vector<int64_t> index;
};

template <class T>
class PlaneTiles {
 public:
  // `pixels`: of a line of results, at most.
  PlaneTiles(const T* kernel, const Window& w, int64_t pixels, std::vector<PlaneBlock> blocks,
             const TileEnd<T>& end)
      : table_(kernel_table_of<T>()),
        most_vecs_(std::min<int64_t>(table_.max_vecs, ceil_div(pixels, table_.width))),
        filters_(kernel, window_elements(w), w.f, table_.column_tile_rows[most_vecs_ - 1]),
        blocks_(std::move(blocks)),
        end_(end) {}

  // A line of results of all filters; planes of `out` are `pitch` elements apart. Calls
  // done(results) after each tile.
  template <class Done>
  void run(const T* source, T* out, int64_t pitch, int64_t pixels, Done&& done) const {
    const int64_t vectors = ceil_div(pixels, table_.width);
    const int64_t parts = ceil_div(vectors, most_vecs_);
    for (int64_t part = 0; part < parts; ++part) {
      const int64_t from = vectors * part / parts * table_.width;
      const int64_t to = std::min(pixels, vectors * (part + 1) / parts * table_.width);
      run_part(source + from, out + from, pitch, to - from, done);
    }
  }

 private:
  template <class Done>
  void run_part(const T* source, T* out, int64_t pitch, int64_t cols, Done&& done) const {
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
        if (last) done(height * cols);
      }
    }
  }

  const KernelTable<T>& table_;
  const int64_t most_vecs_;
  const FilterColumns<T> filters_;
  const std::vector<PlaneBlock> blocks_;
  const TileEnd<T> end_;
};

}  // namespace pyconv
