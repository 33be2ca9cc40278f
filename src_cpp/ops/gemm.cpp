// SPDX-License-Identifier: BSD-3-Clause
#include "ops/gemm.hpp"

#include <cstring>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/row_panels.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Rows of A that a task keeps in L2 beside its columns of B and C: the more of them, the less
// often B comes from L3. Small products take half, so that all cores have some.
constexpr int64_t kBlockRows = 192;
constexpr int64_t kLargeProduct = int64_t(1) << 21;  // elements of C
// Columns of C per task.
constexpr int64_t kBlockColumns = 256;
// A is copied into rows of this pitch: 16 beyond the block, so that rows do not share L1 sets.
constexpr int64_t kPitch = kBlockK + 16;
// Either copy of a block of A fits.
constexpr int64_t kScratch = kBlockK * (kBlockRows + 16);
static_assert(kScratch >= kBlockRows * kPitch, "row copies must fit too");
// B is packed in slabs of at most this many bytes.
constexpr int64_t kSlabBytes = int64_t(64) << 20;

// One task: the rows [first, first + rows) of C times the panels [first_panel, last_panel).
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
  bool copy_a;
  TileEnd<T> end;

  TileEnd<T> end_at(int64_t first_k, int64_t last_k) const {
    TileEnd<T> step = last_k == k ? end : plain_end<T>();
    step.accumulate = first_k > 0;
    return step;
  }

  void run(const Block<T>& block) const {
    Scratch<T> scratch(copy_a ? kScratch : 0);
    int64_t first_k = 0;
    do {
      const int64_t last_k = std::min(k, first_k + kBlockK);
      if (a.transposed) {
        run_columns(block, first_k, last_k, scratch.data());
      } else {
        run_rows(block, first_k, last_k, scratch.data());
      }
      first_k = last_k;
      keep_going();
    } while (first_k < k);
  }

  void run_rows(const Block<T>& block, int64_t first_k, int64_t last_k, T* copy) const {
    const T* rows[kBlockRows];
    T* out[kBlockRows];
    const int64_t kc = last_k - first_k;
    for (int64_t r = 0; r < block.rows; ++r) {
      rows[r] = a.data + (block.first + r) * a.pitch + first_k;
      out[r] = c + (block.first + r) * ldc;
      if (copy_a) {
        std::memcpy(copy + r * kPitch, rows[r], static_cast<size_t>(kc) * sizeof(T));
        rows[r] = copy + r * kPitch;
      }
    }
    const TileEnd<T> step = end_at(first_k, last_k);
    for (int64_t p = block.first_panel; p < block.last_panel; ++p) {
      const int64_t column = p * b.width;
      multiply_rows(table, block.rows, kc, rows, b.at(p, first_k), b.row_pitch, out, column,
                    std::min(b.width, n - column), step);
    }
  }

  void run_columns(const Block<T>& block, int64_t first_k, int64_t last_k, T* copy) const {
    const int64_t kc = last_k - first_k;
    const T* from = a.data + first_k * a.pitch + block.first;
    const RowPanels<T> rows(copy, kc, panel_height(table, b.width));
    for (int64_t kk = 0; copy_a && kk < kc; ++kk) rows.put(0, kk, from + kk * a.pitch, block.rows);
    const TileEnd<T> step = end_at(first_k, last_k);
    for (int64_t p = block.first_panel; p < block.last_panel; ++p) {
      const int64_t column = p * b.width;
      const int64_t cols = std::min(b.width, n - column);
      T* to = c + block.first * ldc + column;
      const TileEnd<T> moved = columns_from(step, column);
      if (copy_a) {
        multiply_panels(table, block.rows, kc, rows, b.at(p, first_k), b.row_pitch, to, ldc, cols,
                        moved);
      } else {
        multiply_columns(table, block.rows, kc, from, a.pitch, b.at(p, first_k), b.row_pitch, to,
                         ldc, cols, moved);
      }
    }
  }
};

template <class T>
void run_product(const Product<T>& product, int64_t m) {
  const int64_t panels = ceil_div(product.n, product.b.width);
  const int64_t per_task = std::max<int64_t>(1, kBlockColumns / product.b.width);
  const int64_t column_blocks = ceil_div(panels, per_task);
  const bool large = m * product.n >= kLargeProduct;
  const int64_t row_blocks = ceil_div(m, large ? kBlockRows : kBlockRows / 2);
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
void gemm(const Matrix<T>& a, const Matrix<T>& b, T* c, int64_t ldc, int64_t m, int64_t n,
          int64_t k, const TileEnd<T>& end) {
  if (m == 0 || n == 0) return;
  const int64_t width = panel_width<T>(n);
  const bool pack_b = b.transposed || m > 4 * kMaxRows * 2;
  const bool copy_a = n > 2 * width || a.transposed;
  Product<T> product{
      kernel_table_of<T>(), a, {b.data, width, width, b.pitch}, c, ldc, n, k, copy_a, end};
  if (!pack_b) return run_product(product, m);
  const int64_t panel_bytes = std::max<int64_t>(1, k * width * int64_t(sizeof(T)));
  const int64_t slab = std::max<int64_t>(1, kSlabBytes / panel_bytes) * width;
  Scratch<T> packed(packed_size(k, std::min(n, slab), width));
  for (int64_t column = 0; column < n; column += slab) {
    Matrix<T> part = b;
    part.data += b.transposed ? column * b.pitch : column;
    product.n = std::min(slab, n - column);
    product.b = pack_panels(part, k, product.n, width, packed.data());
    product.c = c + column;
    product.end = columns_from(end, column);
    run_product(product, m);
  }
}

template void gemm(const Matrix<float>&, const Matrix<float>&, float*, int64_t, int64_t, int64_t,
                   int64_t, const TileEnd<float>&);
template void gemm(const Matrix<double>&, const Matrix<double>&, double*, int64_t, int64_t, int64_t,
                   int64_t, const TileEnd<double>&);

}  // namespace pyconv
