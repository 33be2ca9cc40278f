// SPDX-License-Identifier: BSD-3-Clause
// The register tile every matrix product is made of: C[R x N vectors] += A[R rows] * B[k][N].
// Each element is one FMA chain over k from zero; blocks of K are added by the tile's end.
#pragma once

#include <type_traits>

#include "kernels.hpp"
#include "micro/even_rows.hpp"
#include "micro/tile_sums.hpp"

namespace {

// Calls step(kk, number) for kk from -k to -1, `Steps` of them a turn, numbered within it. Up to
// zero: a bound would take a register.
template <int Steps, class Step>
[[gnu::always_inline]] inline void count_up(int64_t k, const Step& step) {
  int64_t kk = -k;
  for (; Steps > 1 && kk <= -Steps; kk += Steps) {
    PYCONV_UNROLL
    for (int number = 0; number < Steps; ++number) step(kk + number, number);
  }
  for (; kk != 0; ++kk) step(kk, 0);
}

template <class T, int Rows, int Vecs>
struct Tile {
  using Sums = TileSums<T, Rows, Vecs>;
  // Elements of K a turn: where a core serves two threads each gets half of its instructions, and
  // those of the loop itself would crowd out multiply-adds. Low tiles and tails are rare.
  template <class Last>
  static constexpr int steps = 4 * Rows * Vecs >= kRegisters && std::is_same_v<Last, Whole> ? 4 : 1;

  static void row_gemm_tile(int64_t k, const T* const* rows, int64_t from, const T* b, int64_t ldb,
                            T* const* c, int64_t column, int64_t cols,
                            const pyconv::TileEnd<T>& end, const T* ahead, int64_t step) {
    Sums sums;
    sums.clear();
    const T* a[Rows];
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) a[r] = rows[r] + from + k;
    Sums::with_last(cols, [&](auto mask) PYCONV_INLINE {
      count_up<steps<decltype(mask)>>(k, [&](int64_t kk, int number) PYCONV_INLINE {
        if (number % pyconv::kAskSteps == 0) {
          __builtin_prefetch(ahead, 0, 2);
          ahead += step;
        }
        sums.add_row([&](int r) { return a[r][kk]; }, b, mask);
        b += ldb;
      });
    });
    sums.end(c, column, cols, end);
  }

  static void indexed_gemm_tile(const pyconv::Stretch* stretches, int64_t count,
                                const T* const* rows, const int64_t* index, const T* b, int64_t ldb,
                                T* const* c, int64_t cols, const pyconv::TileEnd<T>& end) {
    Sums sums;
    sums.clear();
    const T* a[Rows];
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) a[r] = rows[r];
    Sums::with_last(cols, [&](auto mask) PYCONV_INLINE {
      for (int64_t s = 0; s < count; ++s) {
        const int64_t last = stretches[s].first + stretches[s].count;
        const T* row = b + stretches[s].first * ldb;
        count_up<steps<decltype(mask)>>(stretches[s].count, [&](int64_t kk, int) PYCONV_INLINE {
          const int64_t at = index[last + kk];
          sums.add_row([&](int r) { return a[r][at]; }, row, mask);
          row += ldb;
        });
      }
    });
    sums.end(c, 0, cols, end);
  }

  static void strided_gemm_tile(int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, T* c,
                                int64_t ldc, bool accumulate) {
    Sums sums;
    sums.clear();
    EvenRows<T, Rows> rows(a + k, lda);
    count_up<steps<Whole>>(k, [&](int64_t kk, int) PYCONV_INLINE {
      sums.add_row([&](int r) { return rows(r, kk); }, b, Whole());
      b += ldb;
    });
    const EvenTargets<T, Rows> to(c, ldc);
    if (accumulate) sums.add_elements(to.row, 0, Whole());
    sums.store_sums(to.row, 0, Whole());
  }

  static void span_gemm_tile(const pyconv::Span* spans, int64_t count, const T* a, int64_t lda,
                             const T* b, int64_t ldb, T* c, int64_t ldc, int64_t cols,
                             const pyconv::TileEnd<T>& end) {
    Sums sums;
    sums.clear();
    Sums::with_last(cols, [&](auto mask) PYCONV_INLINE {
      for (int64_t s = 0; s < count; ++s) {
        EvenRows<T, Rows> rows(a + spans[s].offset + spans[s].count, lda);
        count_up<steps<decltype(mask)>>(spans[s].count, [&](int64_t kk, int) PYCONV_INLINE {
          sums.add_row([&](int r) { return rows(r, kk); }, b, mask);
          b += ldb;
        });
      }
    });
    sums.end(EvenTargets<T, Rows>(c, ldc).row, 0, cols, end);
  }

  static void plane_gemm_tile(int64_t k, const T* a, int64_t lda, const T* b, const int64_t* index,
                              T* c, int64_t ldc, int64_t cols, const pyconv::TileEnd<T>& end) {
    Sums sums;
    sums.clear();
    Sums::with_last(cols, [&](auto mask) PYCONV_INLINE {
      count_up<steps<decltype(mask)>>(k, [&](int64_t kk, int) PYCONV_INLINE {
        sums.add_row([a](int r) { return a[r]; }, b + index[k + kk], mask);
        a += lda;
      });
    });
    sums.template end<true>(EvenTargets<T, Rows>(c, ldc).row, 0, cols, end);
  }

  static void column_gemm_tile(int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb,
                               T* const* c, int64_t cols, const pyconv::TileEnd<T>& end) {
    Sums sums;
    sums.clear();
    Sums::with_last(cols, [&](auto mask) PYCONV_INLINE {
      count_up<steps<decltype(mask)>>(k, [&](int64_t, int) PYCONV_INLINE {
        sums.add_row([a](int r) { return a[r]; }, b, mask);
        a += lda;
        b += ldb;
      });
    });
    sums.end(c, 0, cols, end);
  }

  static void window_gemm_tile(int64_t k, const T* a, const int64_t* index, const T* b, int64_t ldb,
                               T* c, int64_t ldc, int64_t cols, bool accumulate, const T* ahead,
                               const int64_t* ahead_index) {
    Sums sums;
    sums.clear();
    Sums::with_last(cols, [&](auto mask) PYCONV_INLINE {
      count_up<steps<decltype(mask)>>(k, [&](int64_t kk, int) PYCONV_INLINE {
        __builtin_prefetch(ahead + ahead_index[k + kk], 0, 2);
        const T* const from = a + index[k + kk];
        sums.add_row([from](int r) { return from[r]; }, b, mask);
        b += ldb;
      });
    });
    const auto mask = Sums::tail(cols);
    const EvenTargets<T, Rows> to(c, ldc);
    if (accumulate) sums.add_elements(to.row, 0, mask);
    sums.store_sums(to.row, 0, mask);
  }
};

// Rows that fit the registers beside Vecs of B, one broadcast value and the tail's mask.
constexpr int tile_rows(int vecs, int most) {
  const int fit = (kRegisters - kMaskRegisters - vecs - 1) / vecs;
  return fit < most ? fit : most;
}

constexpr int kTileVecs = kRegisters == 32 ? 4 : 2;
// A row tile keeps one pointer per row in a general register.
constexpr int kRowTileRows = 9;
constexpr int kIndexedTileRows = 8;

template <class T, int Vecs, int Rows>
struct FillTiles {
  static constexpr void fill(pyconv::KernelTable<T>& table) {
    if constexpr (Rows <= tile_rows(Vecs, kRowTileRows)) {
      table.row_tile[Vecs - 1][Rows - 1] = &Tile<T, Rows, Vecs>::row_gemm_tile;
      table.row_tile_rows[Vecs - 1] = tile_rows(Vecs, kRowTileRows);
    }
    if constexpr (Rows <= tile_rows(Vecs, kIndexedTileRows)) {
      table.indexed_tile[Vecs - 1][Rows - 1] = &Tile<T, Rows, Vecs>::indexed_gemm_tile;
      table.indexed_tile_rows[Vecs - 1] = tile_rows(Vecs, kIndexedTileRows);
    }
    if constexpr (Rows <= tile_rows(Vecs, pyconv::kMaxRows)) {
      table.column_tile[Vecs - 1][Rows - 1] = &Tile<T, Rows, Vecs>::column_gemm_tile;
      table.span_tile[Vecs - 1][Rows - 1] = &Tile<T, Rows, Vecs>::span_gemm_tile;
      table.plane_tile[Vecs - 1][Rows - 1] = &Tile<T, Rows, Vecs>::plane_gemm_tile;
      table.column_tile_rows[Vecs - 1] = tile_rows(Vecs, pyconv::kMaxRows);
    }
    if constexpr (Vecs <= pyconv::kMaxWindowVecs && Rows <= tile_rows(Vecs, pyconv::kMaxRows)) {
      table.window_tile[Vecs - 1][Rows - 1] = &Tile<T, Rows, Vecs>::window_gemm_tile;
      table.window_tile_rows[Vecs - 1] = tile_rows(Vecs, pyconv::kMaxRows);
    }
    if constexpr (sizeof(T) == sizeof(float) && Rows <= tile_rows(Vecs, pyconv::kMaxRows)) {
      table.strided_tile[Vecs - 1][Rows - 1] = &Tile<T, Rows, Vecs>::strided_gemm_tile;
      table.strided_tile_rows[Vecs - 1] = tile_rows(Vecs, pyconv::kMaxRows);
    }
    if constexpr (Rows < pyconv::kMaxRows) {
      FillTiles<T, Vecs, Rows + 1>::fill(table);
    } else if constexpr (Vecs < kTileVecs) {
      FillTiles<T, Vecs + 1, 1>::fill(table);
    }
  }
};

}  // namespace
