// SPDX-License-Identifier: BSD-3-Clause
#include "ops/dropout.hpp"

#include <algorithm>

#include "dispatch.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

constexpr int64_t kPiece = 1 << 14;
// An element costs about this many operations, most of them the generator's.
constexpr int64_t kElementCost = 20;

// Elements [first, last) of a tensor whose planes of `shared` elements have one word each.
template <class T>
void drop_planes(const T* x, T* y, int64_t first, int64_t last, int64_t shared,
                 const DropoutMask& mask) {
  const auto apply = kernel_table_of<T>().dropout;
  const T one = 1;
  for (int64_t at = first; at < last;) {
    const int64_t end = std::min(last, (at / shared + 1) * shared);
    T factor;
    apply(&one, &factor, at / shared, 1, mask);
    for (int64_t i = at; i < end; ++i) y[i] = factor == T(0) ? T(0) : x[i] * factor;
    at = end;
  }
}

// The same of rows of `inner` elements, `shared` neighbouring rows with the same words.
template <class T>
void drop_rows(const T* x, T* y, int64_t first, int64_t last, int64_t shared, int64_t inner,
               const DropoutMask& mask) {
  const auto apply = kernel_table_of<T>().dropout;
  for (int64_t at = first; at < last;) {
    const int64_t row = at / inner, column = at % inner;
    const int64_t count = std::min(last - at, inner - column);
    apply(x + at, y + at, row / shared * inner + column, count, mask);
    at += count;
  }
}

}  // namespace

template <class T>
void dropout(const T* x, T* y, int64_t outer, int64_t shared, int64_t inner,
             const DropoutMask& mask) {
  const int64_t size = outer * shared * inner;
  parallel_for(ceil_div(size, kPiece), size * kElementCost, [&](int64_t piece) {
    const int64_t first = piece * kPiece, last = std::min(size, first + kPiece);
    if (inner == 1 && shared > 1) {
      drop_planes(x, y, first, last, shared, mask);
    } else {
      drop_rows(x, y, first, last, shared, inner, mask);
    }
  });
}

template void dropout(const float*, float*, int64_t, int64_t, int64_t, const DropoutMask&);
template void dropout(const double*, double*, int64_t, int64_t, int64_t, const DropoutMask&);

}  // namespace pyconv
