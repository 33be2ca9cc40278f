// SPDX-License-Identifier: BSD-3-Clause
// The register tiles that each instruction set has: how they read A, and what they do to C.
// Plain data only, as kernels.hpp.
#pragma once

#include <cstdint>

namespace pyconv {

constexpr int kMaxVecs = 4;
constexpr int kMaxWindowVecs = 3;
constexpr int kMaxRows = 14;
// Columns that a packed panel can have: 4 vectors of 16 floats.
constexpr int kMaxColumns = 64;

constexpr int kAskSteps = 2;

// What happens to a tile when its sum over one block of K is complete.
template <class T>
struct TileEnd {
  bool accumulate;  // add to what C holds: not the first block of K
  const T* bias;    // per column, or null; added after the last block
  T lower, upper;   // the result is clamped to these when `clamp` is set
  bool clamp;
  int64_t residual;  // elements from C to what is added after the bias; 0: nothing
  // C is not read soon: written past the caches. Its rows are aligned to whole vectors then, and
  // have no tails; the caller orders the writes by `fence`.
  bool stream;
};

// Elements [first, first + count) of K.
struct Stretch {
  int64_t first, count;
};

// Neighbouring elements of a window: `count` of them, from `offset` from its origin on.
struct Span {
  int64_t offset, count;
};

// C[rows x cols] = or += A[rows x k] * B[k x cols]; row r of C starts at c[r], row kk of B at
// b + kk * ldb; cols may end inside the last vector.
// RowTile reads element kk of row r of A at rows[r][from + kk]; ColumnTile at a[kk * lda + r];
// IndexedTile at rows[r][index[kk]], and adds only the elements of its stretches.
// RowTile writes from c[r] + column on, with the bias from there. While it computes, it asks the
// second cache for a line at every kAskSteps-th element of K, `step` elements apart, from `ahead`
// on: any address will do.
template <class T>
using RowTile = void (*)(int64_t k, const T* const* rows, int64_t from, const T* b, int64_t ldb,
                         T* const* c, int64_t column, int64_t cols, const TileEnd<T>& end,
                         const T* ahead, int64_t step);
template <class T>
using IndexedTile = void (*)(const Stretch* stretches, int64_t stretch_count, const T* const* rows,
                             const int64_t* index, const T* b, int64_t ldb, T* const* c,
                             int64_t cols, const TileEnd<T>& end);
template <class T>
using ColumnTile = void (*)(int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb,
                            T* const* c, int64_t cols, const TileEnd<T>& end);

// WindowTile reads it at a[index[kk] + r]. While it computes, it asks the second cache for the
// lines of ahead[ahead_index[kk]]: any addresses will do.
template <class T>
using WindowTile = void (*)(int64_t k, const T* a, const int64_t* index, const T* b, int64_t ldb,
                            T* c, int64_t ldc, int64_t cols, bool accumulate, const T* ahead,
                            const int64_t* ahead_index);

// StridedTile reads element (r, kk) at a[r * lda + kk], writes row r of C at c + r * ldc, and takes
// whole vectors of columns.
template <class T>
using StridedTile = void (*)(int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, T* c,
                             int64_t ldc, bool accumulate);

// SpanTile reads row r of A, span after span, from a + r * lda, and writes row r of C at c + r *
// ldc.
template <class T>
using SpanTile = void (*)(const Span* spans, int64_t span_count, const T* a, int64_t lda,
                          const T* b, int64_t ldb, T* c, int64_t ldc, int64_t cols,
                          const TileEnd<T>& end);

// PlaneTile reads element (r, kk) at a[kk * lda + r], row kk of B at b + index[kk], and writes row
// r of C at c + r * ldc; the bias is one of each row.
template <class T>
using PlaneTile = void (*)(int64_t k, const T* a, int64_t lda, const T* b, const int64_t* index,
                           T* c, int64_t ldc, int64_t cols, const TileEnd<T>& end);

}  // namespace pyconv
