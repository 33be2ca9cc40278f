// SPDX-License-Identifier: BSD-3-Clause
// The register tile every matrix product is made of: C[R x N vectors] += A[R rows] * B[k][N].
// Each element is one FMA chain over k from zero; blocks of K are added by the tile's end.
#pragma once

#include "kernels.hpp"

namespace {

// A NaN is neither below nor above: it stays, for max and min give their second operand then.
template <class T>
inline typename Vec<T>::Reg clamp(typename Vec<T>::Reg a, typename Vec<T>::Reg lower,
                                  typename Vec<T>::Reg upper) {
  return Vec<T>::min(upper, Vec<T>::max(lower, a));
}

// Inlined always, or the sums would pass through memory. The bias is one of each column, or one of
// each row.
template <class T, int Rows, int Vecs, bool RowBias = false>
[[gnu::always_inline]] inline void end_tile(typename Vec<T>::Reg (&acc)[Rows][Vecs], T* const* c,
                                            int64_t column, int64_t cols,
                                            const pyconv::TileEnd<T>& end) {
  using V = Vec<T>;
  constexpr int last = Vecs - 1;
  const typename V::Mask mask = V::tail(cols - last * V::width);
  if (end.accumulate) {
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      PYCONV_UNROLL
      for (int v = 0; v < last; ++v)
        acc[r][v] = V::add(V::load(c[r] + column + v * V::width), acc[r][v]);
      acc[r][last] = V::add(V::load(c[r] + column + last * V::width, mask), acc[r][last]);
    }
  }
  if (RowBias && end.bias) {
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const typename V::Reg bias = V::set(end.bias[r]);
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) acc[r][v] = V::add(acc[r][v], bias);
    }
  } else if (end.bias) {
    PYCONV_UNROLL
    for (int v = 0; v < Vecs; ++v) {
      const T* from = end.bias + column + v * V::width;
      const typename V::Reg bias = v == last ? V::load(from, mask) : V::load(from);
      PYCONV_UNROLL
      for (int r = 0; r < Rows; ++r) acc[r][v] = V::add(acc[r][v], bias);
    }
  }
  if (end.residual) {
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const T* from = c[r] + column + end.residual;
      PYCONV_UNROLL
      for (int v = 0; v < last; ++v) acc[r][v] = V::add(acc[r][v], V::load(from + v * V::width));
      acc[r][last] = V::add(acc[r][last], V::load(from + last * V::width, mask));
    }
  }
  if (end.clamp) {
    const typename V::Reg lower = V::set(end.lower);
    const typename V::Reg upper = V::set(end.upper);
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) acc[r][v] = clamp<T>(acc[r][v], lower, upper);
    }
  }
  if (end.stream) {
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) V::stream(c[r] + column + v * V::width, acc[r][v]);
    }
    return;
  }
  PYCONV_UNROLL
  for (int r = 0; r < Rows; ++r) {
    PYCONV_UNROLL
    for (int v = 0; v < last; ++v) V::store(c[r] + column + v * V::width, acc[r][v]);
    V::store(c[r] + column + last * V::width, acc[r][last], mask);
  }
}

template <class T, int Rows, int Vecs>
struct Tile {
  using V = Vec<T>;
  using Reg = typename V::Reg;

  // Adds a row of B times element `at` of each row of A.
  [[gnu::always_inline]] static inline void add_row(Reg (&acc)[Rows][Vecs], const T* (&a)[Rows],
                                                    int64_t at, const T* b, typename V::Mask mask) {
    Reg bv[Vecs];
    PYCONV_UNROLL
    for (int v = 0; v < Vecs - 1; ++v) bv[v] = V::load(b + v * V::width);
    bv[Vecs - 1] = V::load(b + (Vecs - 1) * V::width, mask);
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const Reg av = V::set(a[r][at]);
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) acc[r][v] = V::fma(av, bv[v], acc[r][v]);
    }
  }

  static void row_gemm_tile(int64_t k, const T* const* rows, int64_t from, const T* b, int64_t ldb,
                            T* const* c, int64_t column, int64_t cols,
                            const pyconv::TileEnd<T>& end, const T* ahead, int64_t step) {
    Reg acc[Rows][Vecs];
    const T* a[Rows];
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      a[r] = rows[r] + from + k;
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) acc[r][v] = V::zero();
    }
    const typename V::Mask mask = V::tail(cols - (Vecs - 1) * V::width);
    // Up to zero: a bound would take one more register than there is for nine rows.
    for (int64_t kk = -k; kk != 0; ++kk) {
      __builtin_prefetch(ahead, 0, 2);
      add_row(acc, a, kk, b, mask);
      ahead += step;
      b += ldb;
    }
    end_tile<T, Rows, Vecs>(acc, c, column, cols, end);
  }

  static void indexed_gemm_tile(const pyconv::Stretch* stretches, int64_t count,
                                const T* const* rows, const int64_t* index, const T* b, int64_t ldb,
                                T* const* c, int64_t cols, const pyconv::TileEnd<T>& end) {
    Reg acc[Rows][Vecs];
    const T* a[Rows];
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      a[r] = rows[r];
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) acc[r][v] = V::zero();
    }
    const typename V::Mask mask = V::tail(cols - (Vecs - 1) * V::width);
    for (int64_t s = 0; s < count; ++s) {
      const int64_t last = stretches[s].first + stretches[s].count;
      const T* row = b + stretches[s].first * ldb;
      for (int64_t kk = stretches[s].first; kk < last; ++kk) {
        add_row(acc, a, index[kk], row, mask);
        row += ldb;
      }
    }
    end_tile<T, Rows, Vecs>(acc, c, 0, cols, end);
  }

  // Whole vectors of B and C, rows of A and C at even distances: as few addresses as can be.
  static void strided_gemm_tile(int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, T* c,
                                int64_t ldc, bool accumulate) {
    constexpr int bases = (Rows + 3) / 4;
    Reg acc[Rows][Vecs];
    const T* base[bases];
    PYCONV_UNROLL
    for (int r = 0; r < bases; ++r) base[r] = a + 4 * r * lda;
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) acc[r][v] = V::zero();
    }
    const int64_t lda3 = 3 * lda;
    for (int64_t kk = 0; kk < k; ++kk) {
      Reg bv[Vecs];
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) bv[v] = V::load(b + v * V::width);
      PYCONV_UNROLL
      for (int r = 0; r < Rows; ++r) {
        const T* const from = base[r / 4];
        const Reg av = V::set(r % 4 == 3 ? from[lda3] : from[r % 4 * lda]);
        PYCONV_UNROLL
        for (int v = 0; v < Vecs; ++v) acc[r][v] = V::fma(av, bv[v], acc[r][v]);
      }
      PYCONV_UNROLL
      for (int r = 0; r < bases; ++r) ++base[r];
      b += ldb;
    }
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r, c += ldc) {
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) {
        if (accumulate) acc[r][v] = V::add(V::load(c + v * V::width), acc[r][v]);
        V::store(c + v * V::width, acc[r][v]);
      }
    }
  }

  static void span_gemm_tile(const pyconv::Span* spans, int64_t count, const T* a, int64_t lda,
                             const T* b, int64_t ldb, T* c, int64_t ldc, int64_t cols,
                             const pyconv::TileEnd<T>& end) {
    constexpr int bases = (Rows + 3) / 4;
    Reg acc[Rows][Vecs];
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) acc[r][v] = V::zero();
    }
    const typename V::Mask mask = V::tail(cols - (Vecs - 1) * V::width);
    const int64_t lda3 = 3 * lda;
    for (int64_t s = 0; s < count; ++s) {
      const T* base[bases];
      PYCONV_UNROLL
      for (int r = 0; r < bases; ++r) base[r] = a + spans[s].offset + 4 * r * lda;
      for (int64_t kk = spans[s].count; kk != 0; --kk) {
        Reg bv[Vecs];
        PYCONV_UNROLL
        for (int v = 0; v < Vecs - 1; ++v) bv[v] = V::load(b + v * V::width);
        bv[Vecs - 1] = V::load(b + (Vecs - 1) * V::width, mask);
        PYCONV_UNROLL
        for (int r = 0; r < Rows; ++r) {
          const T* const from = base[r / 4];
          const Reg av = V::set(r % 4 == 3 ? from[lda3] : from[r % 4 * lda]);
          PYCONV_UNROLL
          for (int v = 0; v < Vecs; ++v) acc[r][v] = V::fma(av, bv[v], acc[r][v]);
        }
        PYCONV_UNROLL
        for (int r = 0; r < bases; ++r) ++base[r];
        b += ldb;
      }
    }
    T* rows[Rows];
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) rows[r] = c + r * ldc;
    end_tile<T, Rows, Vecs>(acc, rows, 0, cols, end);
  }

  static void plane_gemm_tile(int64_t k, const T* a, int64_t lda, const T* b, const int64_t* index,
                              T* c, int64_t ldc, int64_t cols, const pyconv::TileEnd<T>& end) {
    Reg acc[Rows][Vecs];
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) acc[r][v] = V::zero();
    }
    const typename V::Mask mask = V::tail(cols - (Vecs - 1) * V::width);
    for (int64_t kk = 0; kk < k; ++kk) {
      const T* const row = b + index[kk];
      Reg bv[Vecs];
      PYCONV_UNROLL
      for (int v = 0; v < Vecs - 1; ++v) bv[v] = V::load(row + v * V::width);
      bv[Vecs - 1] = V::load(row + (Vecs - 1) * V::width, mask);
      PYCONV_UNROLL
      for (int r = 0; r < Rows; ++r) {
        const Reg av = V::set(a[r]);
        PYCONV_UNROLL
        for (int v = 0; v < Vecs; ++v) acc[r][v] = V::fma(av, bv[v], acc[r][v]);
      }
      a += lda;
    }
    T* rows[Rows];
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) rows[r] = c + r * ldc;
    end_tile<T, Rows, Vecs, true>(acc, rows, 0, cols, end);
  }

  static void column_gemm_tile(int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb,
                               T* const* c, int64_t cols, const pyconv::TileEnd<T>& end) {
    Reg acc[Rows][Vecs];
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) acc[r][v] = V::zero();
    }
    const typename V::Mask mask = V::tail(cols - (Vecs - 1) * V::width);
    for (int64_t kk = 0; kk < k; ++kk) {
      Reg bv[Vecs];
      PYCONV_UNROLL
      for (int v = 0; v < Vecs - 1; ++v) bv[v] = V::load(b + v * V::width);
      bv[Vecs - 1] = V::load(b + (Vecs - 1) * V::width, mask);
      PYCONV_UNROLL
      for (int r = 0; r < Rows; ++r) {
        const Reg av = V::set(a[r]);
        PYCONV_UNROLL
        for (int v = 0; v < Vecs; ++v) acc[r][v] = V::fma(av, bv[v], acc[r][v]);
      }
      a += lda;
      b += ldb;
    }
    end_tile<T, Rows, Vecs>(acc, c, 0, cols, end);
  }

  static void window_gemm_tile(int64_t k, const T* a, const int64_t* index, const T* b, int64_t ldb,
                               T* c, int64_t ldc, int64_t cols, bool accumulate, const T* ahead,
                               const int64_t* ahead_index) {
    constexpr int last = (Vecs - 1) * V::width;
    Reg acc[Rows][Vecs];
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) acc[r][v] = V::zero();
    }
    const typename V::Mask mask = V::tail(cols - last);
    for (int64_t kk = 0; kk < k; ++kk) {
      __builtin_prefetch(ahead + ahead_index[kk], 0, 2);
      Reg bv[Vecs];
      PYCONV_UNROLL
      for (int v = 0; v < Vecs - 1; ++v) bv[v] = V::load(b + v * V::width);
      bv[Vecs - 1] = V::load(b + last, mask);
      const T* const from = a + index[kk];
      PYCONV_UNROLL
      for (int r = 0; r < Rows; ++r) {
        const Reg av = V::set(from[r]);
        PYCONV_UNROLL
        for (int v = 0; v < Vecs; ++v) acc[r][v] = V::fma(av, bv[v], acc[r][v]);
      }
      b += ldb;
    }
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r, c += ldc) {
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) {
        T* const to = c + v * V::width;
        if (v < Vecs - 1) {
          V::store(to, accumulate ? V::add(V::load(to), acc[r][v]) : acc[r][v]);
        } else {
          V::store(to, accumulate ? V::add(V::load(to, mask), acc[r][v]) : acc[r][v], mask);
        }
      }
    }
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
