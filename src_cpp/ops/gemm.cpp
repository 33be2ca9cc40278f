// SPDX-License-Identifier: BSD-3-Clause
#include "ops/gemm.hpp"

#include <algorithm>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/point_product.hpp"
#include "ops/row_panels.hpp"
#include "ops/thin_product.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Rows of A per task, and the stretch of K after which C is read again: a stretch of those rows and
// of a packed panel of B stay in L2. A shorter stretch waits for C longer than it saves.
constexpr int64_t kBlockRows = 96;
constexpr int64_t kStretchK = 8 * kBlockK;
// Tasks to aim for: the fewer they are, the less often A is copied.
constexpr int64_t kTasks = 16;
// A is copied where at least that many panels of B meet it, or where its rows are that far apart:
// in place they would share few sets of the first cache.
constexpr int64_t kCopyPanels = 4;
constexpr int64_t kFarBytes = 4096;
// Rows of a task where those are far apart and K is short: memory gives long stretches faster.
constexpr int64_t kFarBlockRows = 384;
// Rows that are few enough to read B where it is.
constexpr int64_t kInPlaceRows = 4 * kMaxRows * 2;
// B is packed in slabs of at most this many bytes.
constexpr int64_t kSlabBytes = int64_t(64) << 20;

// One task where A is seen transposed: the rows [first, first + rows) of C times the panels
// [first_panel, last_panel).
template <class T>
struct Block {
  int64_t first, rows;
  int64_t first_panel, last_panel;
};

template <class T>
struct Product {
  const KernelTable<T>& table;
  Matrix<T> a;
  Panels<T> b;
  T* c;
  int64_t ldc, n, k;
  int64_t stretch;
  TileEnd<T> end;

  bool is_far() const { return a.pitch * int64_t(sizeof(T)) >= kFarBytes; }

  TileEnd<T> end_at(int64_t first_k, int64_t last_k, int64_t column) const {
    TileEnd<T> step = last_k == k ? columns_from(end, column) : plain_end<T>();
    step.accumulate = end.accumulate || first_k > 0;
    return step;
  }

  void run(const Block<T>& block) const {
    const bool copied = block.last_panel - block.first_panel >= kCopyPanels || is_far();
    Scratch<T> copy(copied ? RowPanels<T>::size(block.rows, stretch, panel_height(table, b.width))
                           : 0);
    int64_t first_k = 0;
    do {
      const int64_t last_k = std::min(k, first_k + stretch);
      run_stretch(block, first_k, last_k, copied, copy.data());
      first_k = last_k;
      keep_going();
    } while (first_k < k);
  }

  // Where a tile's rows of C begin, which the caches are asked for: they lie far apart.
  void find_rows(int64_t row, int64_t count, int64_t column, int64_t cols, T** out) const {
    for (int64_t r = 0; r < count; ++r) {
      out[r] = c + (row + r) * ldc + column;
      fetch(out[r], cols);
    }
  }

  // Calls body(first, last, end) for the blocks of a stretch of K, of which there is one at least.
  template <class Body>
  void for_each_block(int64_t first_k, int64_t last_k, int64_t column, Body&& body) const {
    int64_t first = first_k;
    do {
      const int64_t last = std::min(last_k, first + kBlockK);
      body(first, last, end_at(first, last, column));
      first = last;
    } while (first < last_k);
  }

  void run_stretch(const Block<T>& block, int64_t first_k, int64_t last_k, bool copied,
                   T* copy) const {
    const T* from = a.data + first_k * a.pitch + block.first;
    const int64_t tallest = panel_height(table, b.width);
    const RowPanels<T> panels(copy, last_k - first_k, tallest);
    for (int64_t kk = 0; copied && kk < last_k - first_k; ++kk) {
      panels.put(0, kk, from + kk * a.pitch, block.rows);
    }
    const int64_t lda = copied ? tallest : a.pitch;
    for (int64_t p = block.first_panel; p < block.last_panel; ++p) {
      const int64_t column = p * b.width;
      const int64_t cols = std::min(b.width, n - column);
      const int64_t vecs = ceil_div(cols, table.width);
      for (int64_t first = 0; first < block.rows; first += tallest) {
        const int64_t count = std::min(tallest, block.rows - first);
        T* out[kMaxRows];
        find_rows(block.first + first, count, column, cols, out);
        const T* at = copied ? panels.panel(first / tallest) : from + first;
        for_each_block(first_k, last_k, column, [&](int64_t from_k, int64_t to, const auto& step) {
          table.column_tile[vecs - 1][count - 1](to - from_k, at + (from_k - first_k) * lda, lda,
                                                 b.at(p, from_k), b.row_pitch, out, cols, step);
        });
      }
    }
  }
};

template <class T>
void run_product(const Product<T>& product, int64_t m) {
  const int64_t panels = ceil_div(product.n, product.b.width);
  const bool long_rows = product.is_far() && product.k <= kBlockK;
  const int64_t row_blocks = ceil_div(m, long_rows ? kFarBlockRows : kBlockRows);
  const int64_t per_task = ceil_div(panels, std::min(panels, ceil_div(kTasks, row_blocks)));
  const int64_t column_blocks = ceil_div(panels, per_task);
  parallel_for(row_blocks * column_blocks, 2 * m * product.n * product.k, [&](int64_t task) {
    const int64_t rows = task / column_blocks;
    const int64_t columns = task % column_blocks;
    const int64_t first = m * rows / row_blocks;
    product.run({first, m * (rows + 1) / row_blocks - first, columns * per_task,
                 std::min(panels, (columns + 1) * per_task)});
  });
}

}  // namespace

template <class T>
void gemm_panels(const Matrix<T>& a, const Panels<T>& b, T* c, int64_t ldc, int64_t m, int64_t n,
                 int64_t k, const TileEnd<T>& end) {
  if (!a.transposed) {
    const Gather<T> rows{a.data, 1, m, 0, 0, a.pitch, 1, m, 1, 1, 0, 0};
    return point_product<T>({rows, Tap{0, 0, 0}, b, 1, k, n, PixelGrid<T>{c, 0, 0, ldc}, end});
  }
  // Panels that lie in place among others are read a block at a time: their rows are neighbours.
  const int64_t stretch = std::min(k, b.row_pitch == b.width ? kStretchK : kBlockK);
  run_product(Product<T>{kernel_table_of<T>(), a, b, c, ldc, n, k, stretch, end}, m);
}

template <class T>
void gemm(const Matrix<T>& a, const Matrix<T>& b, T* c, int64_t ldc, int64_t m, int64_t n,
          int64_t k, const TileEnd<T>& end) {
  if (m == 0 || n == 0) return;
  if (is_thin(a, b, m, n, k)) return thin_product(a, b, c, ldc, m, n, k, end);
  const int64_t width = panel_width<T>(n);
  if (!b.transposed && m <= kInPlaceRows) {
    return gemm_panels(a, {b.data, width, width, b.pitch}, c, ldc, m, n, k, end);
  }
  const int64_t panel_bytes = std::max<int64_t>(1, k * width * int64_t(sizeof(T)));
  const int64_t slab = std::max<int64_t>(1, kSlabBytes / panel_bytes) * width;
  Scratch<T> packed(packed_size(k, std::min(n, slab), width));
  for (int64_t column = 0; column < n; column += slab) {
    Matrix<T> part = b;
    part.data += b.transposed ? column * b.pitch : column;
    const int64_t cols = std::min(slab, n - column);
    gemm_panels(a, pack_panels(part, k, cols, width, packed.data()), c + column, ldc, m, cols, k,
                columns_from(end, column));
  }
}

template void gemm_panels(const Matrix<float>&, const Panels<float>&, float*, int64_t, int64_t,
                          int64_t, int64_t, const TileEnd<float>&);
template void gemm_panels(const Matrix<double>&, const Panels<double>&, double*, int64_t, int64_t,
                          int64_t, int64_t, const TileEnd<double>&);
template void gemm(const Matrix<float>&, const Matrix<float>&, float*, int64_t, int64_t, int64_t,
                   int64_t, const TileEnd<float>&);
template void gemm(const Matrix<double>&, const Matrix<double>&, double*, int64_t, int64_t, int64_t,
                   int64_t, const TileEnd<double>&);

}  // namespace pyconv
