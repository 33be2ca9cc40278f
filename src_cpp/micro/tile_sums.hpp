// SPDX-License-Identifier: BSD-3-Clause
// The sums of a register tile: cleared, added to, ended and stored. All of it is inlined, or they
// would pass through memory.
#pragma once

#include "kernels.hpp"

namespace {

// A NaN is neither below nor above: it stays, for max and min give their second operand then.
template <class T>
inline typename Vec<T>::Reg clamp(typename Vec<T>::Reg a, typename Vec<T>::Reg lower,
                                  typename Vec<T>::Reg upper) {
  return Vec<T>::min(upper, Vec<T>::max(lower, a));
}

// Stands for a mask where rows end with a whole vector.
struct Whole {};

template <class T, int Rows, int Vecs>
struct TileSums {
  using V = Vec<T>;
  using Reg = typename V::Reg;
  using Mask = typename V::Mask;
  static constexpr int last = Vecs - 1;

  Reg acc[Rows][Vecs];

  static Mask tail(int64_t cols) { return V::tail(cols - last * V::width); }

  // Calls body with what a vector of B is loaded under. A mask takes a multiply-add's place.
  template <class Body>
  [[gnu::always_inline]] static inline void with_last(int64_t cols, Body&& body) {
    if (cols == Vecs * V::width) {
      body(Whole());
    } else {
      body(tail(cols));
    }
  }

  [[gnu::always_inline]] inline void clear() {
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) acc[r][v] = V::zero();
    }
  }

  // Adds a row of B times a column of A, whose element of row r is a(r). Here and below the last
  // vector is under `mask`, or Whole.
  template <class Element, class Last>
  [[gnu::always_inline]] inline void add_row(const Element& a, const T* b, Last mask) {
    Reg bv[Vecs];
    PYCONV_UNROLL
    for (int v = 0; v < last; ++v) bv[v] = V::load(b + v * V::width);
    bv[last] = load(b + last * V::width, mask);
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const Reg av = V::set(a(r));
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) V::add_product(acc[r][v], av, bv[v]);
    }
  }

  // Adds what stands `from` elements from the start of each row of C.
  template <class Last>
  [[gnu::always_inline]] inline void add_elements(T* const* c, int64_t from, Last mask) {
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const T* const row = c[r] + from;
      PYCONV_UNROLL
      for (int v = 0; v < last; ++v) acc[r][v] = V::add(V::load(row + v * V::width), acc[r][v]);
      acc[r][last] = V::add(load(row + last * V::width, mask), acc[r][last]);
    }
  }

  template <class Last>
  [[gnu::always_inline]] inline void store_sums(T* const* c, int64_t column, Last mask) const {
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      T* const row = c[r] + column;
      PYCONV_UNROLL
      for (int v = 0; v < last; ++v) V::store(row + v * V::width, acc[r][v]);
      store(row + last * V::width, acc[r][last], mask);
    }
  }

  // The bias is one of each column, or one of each row.
  template <bool RowBias = false>
  [[gnu::always_inline]] inline void end(T* const* c, int64_t column, int64_t cols,
                                         const pyconv::TileEnd<T>& end) {
    const Mask mask = tail(cols);
    if (end.accumulate) add_elements(c, column, mask);
    if (end.bias) add_bias<RowBias>(end.bias + (RowBias ? 0 : column), mask);
    if (end.residual) add_elements(c, column + end.residual, mask);
    if (end.clamp) {
      const Reg lower = V::set(end.lower);
      const Reg upper = V::set(end.upper);
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
    store_sums(c, column, mask);
  }

  static Reg load(const T* p, Mask mask) { return V::load(p, mask); }
  static Reg load(const T* p, Whole) { return V::load(p); }

 private:
  static void store(T* p, Reg a, Mask mask) { V::store(p, a, mask); }
  static void store(T* p, Reg a, Whole) { V::store(p, a); }

  template <bool RowBias>
  [[gnu::always_inline]] inline void add_bias(const T* bias, Mask mask) {
    if constexpr (RowBias) {
      PYCONV_UNROLL
      for (int r = 0; r < Rows; ++r) {
        const Reg row = V::set(bias[r]);
        PYCONV_UNROLL
        for (int v = 0; v < Vecs; ++v) acc[r][v] = V::add(acc[r][v], row);
      }
    } else {
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) {
        const T* const from = bias + v * V::width;
        const Reg column = v == last ? load(from, mask) : V::load(from);
        PYCONV_UNROLL
        for (int r = 0; r < Rows; ++r) acc[r][v] = V::add(acc[r][v], column);
      }
    }
  }
};

}  // namespace
