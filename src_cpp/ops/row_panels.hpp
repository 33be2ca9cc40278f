// SPDX-License-Identifier: BSD-3-Clause
// Operands of products that sum over their stored rows, copied so that every register tile reads
// one stream.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "ops/tiles.hpp"

namespace pyconv {

// Rows of A in panels as high as a tile, or columns of B in panels as wide as one: element (r, kk)
// at data + r / height * pitch + kk * height + r % height.
template <class T>
struct RowPanels {
  T* data;
  int64_t height, pitch;

  RowPanels(T* to, int64_t k, int64_t rows_of_panel)
      : data(to), height(rows_of_panel), pitch(pitch_of(k, rows_of_panel)) {}

  static int64_t size(int64_t rows, int64_t k, int64_t height) {
    return ceil_div(rows, height) * pitch_of(k, height);
  }

  T* panel(int64_t number) const { return data + number * pitch; }

  // Elements kk of rows [row, row + count), which lie side by side.
  void put(int64_t row, int64_t kk, const T* from, int64_t count) const {
    while (count > 0) {
      const int64_t at = row % height;
      T* to = data + row / height * pitch + kk * height + at;
      if (at == 0 && count >= height) {
        const int64_t whole = put_whole(to, from, count / height);
        from += whole;
        row += whole;
        count -= whole;
        continue;
      }
      const int64_t some = std::min(count, height - at);
      for (int64_t i = 0; i < some; ++i) to[i] = from[i];
      from += some;
      row += some;
      count -= some;
    }
  }

 private:
  // 16 beyond its elements, so that panels do not share sets of the first cache.
  static int64_t pitch_of(int64_t k, int64_t height) { return k * height + 16; }

  // Copies of a size known to the compiler are moves of registers.
  int64_t put_whole(T* to, const T* from, int64_t panels) const {
    switch (height) {
      case 6:
        return put_panels<6>(to, from, panels);
      case 9:
        return put_panels<9>(to, from, panels);
      case 13:
        return put_panels<13>(to, from, panels);
      case 14:
        return put_panels<14>(to, from, panels);
      case 16:
        return put_panels<16>(to, from, panels);
      case 32:
        return put_panels<32>(to, from, panels);
      default:
        for (int64_t p = 0; p < panels; ++p) {
          std::copy_n(from + p * height, height, to + p * pitch);
        }
        return panels * height;
    }
  }

  template <int Height>
  int64_t put_panels(T* to, const T* from, int64_t panels) const {
    for (int64_t p = 0; p < panels; ++p, to += pitch, from += Height) {
      std::memcpy(to, from, Height * sizeof(T));
    }
    return panels * Height;
  }
};

// Rows that a panel for tiles of `cols` columns has.
template <class T>
int64_t panel_height(const KernelTable<T>& table, int64_t cols) {
  const int64_t vecs = std::min<int64_t>(ceil_div(cols, table.width), table.max_vecs);
  return table.column_tile_rows[vecs - 1];
}

}  // namespace pyconv
