// SPDX-License-Identifier: BSD-3-Clause
// Gradients of the filters of one-channel images: each pixel serves all taps of a row at once, with
// the gradients of as many pixels of results in registers.
#pragma once

#include "kernels.hpp"
#include "micro/tile_sums.hpp"

namespace {

// Rows of Kw taps.
template <class T, int Rows, int Kw>
struct SlideTile {
  using V = Vec<T>;
  using Sums = TileSums<T, Rows * Kw, 1>;

  Sums sums;
  typename V::Reg seen[Kw];  // gradients of the pixels before, the last one last

  // Adds pixel t of each row to the taps [First, Last): gradient(s) is that of pixel t - s.
  template <int First, int Last, class Gradient>
  [[gnu::always_inline]] inline void add_pixel(const T* const (&x)[Rows], int64_t t,
                                               const Gradient& gradient) {
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const typename V::Reg pixel = V::set(x[r][t]);
      PYCONV_UNROLL
      for (int s = First; s < Last; ++s) {
        V::add_product(sums.acc[r * Kw + s][0], pixel, gradient(s));
      }
    }
  }

  // The first Kw - 1 pixels meet the first taps alone, as many past the last result the last ones.
  template <int U, class Load>
  [[gnu::always_inline]] inline void begin(const T* const (&x)[Rows], const Load& load) {
    if constexpr (U + 1 < Kw) {
      seen[U + 1] = load(U);
      add_pixel<0, U + 1>(x, U, [&](int s) PYCONV_INLINE { return seen[U + 1 - s]; });
      begin<U + 1>(x, load);
    }
  }
  template <int U>
  [[gnu::always_inline]] inline void end(const T* const (&x)[Rows], int64_t count) {
    if constexpr (U < Kw) {
      add_pixel<U, Kw>(x, count - 1 + U, [&](int s) PYCONV_INLINE { return seen[Kw - 1 + U - s]; });
      end<U + 1>(x, count);
    }
  }

  // At least Kw pixels of results.
  template <class Load>
  [[gnu::always_inline]] inline void add_span(const T* const (&x)[Rows], int64_t count,
                                              const Load& load) {
    seen[0] = V::zero();
    begin<0>(x, load);
    int64_t t = Kw - 1;
    for (; t + Kw <= count; t += Kw) {
      PYCONV_UNROLL
      for (int u = 0; u < Kw; ++u) {
        seen[u] = load(t + u);
        add_pixel<0, Kw>(x, t + u, [&](int s) PYCONV_INLINE { return seen[(u + Kw - s) % Kw]; });
      }
    }
    for (; t < count; ++t) {
      PYCONV_UNROLL
      for (int s = 0; s + 1 < Kw; ++s) seen[s] = seen[s + 1];
      seen[Kw - 1] = load(t);
      add_pixel<0, Kw>(x, t, [&](int s) PYCONV_INLINE { return seen[Kw - 1 - s]; });
    }
    end<1>(x, count);
  }

  template <class Load>
  [[gnu::always_inline]] inline void add_few(const T* const (&x)[Rows], int64_t count,
                                             const Load& load) {
    for (int64_t j = 0; j < count; ++j) {
      const typename V::Reg gradient = load(j);
      PYCONV_UNROLL
      for (int r = 0; r < Rows; ++r) {
        PYCONV_UNROLL
        for (int s = 0; s < Kw; ++s) {
          V::add_product(sums.acc[r * Kw + s][0], V::set(x[r][j + s]), gradient);
        }
      }
    }
  }

  static void run(const pyconv::SlideGradient<T>& given, int64_t first_row) {
    const pyconv::SlideGradient<T> g = given;
    SlideTile tile;
    tile.sums.clear();
    Sums::with_last(g.cols, [&](auto mask) PYCONV_INLINE {
      const T* dy = g.dy;
      for (int64_t i = 0; i < g.count; dy += g.spans[i++].count * g.dy_pitch) {
        const T* x[Rows];
        PYCONV_UNROLL
        for (int r = 0; r < Rows; ++r) {
          x[r] = g.x + g.spans[i].offset + (first_row + r) * g.row_pitch;
        }
        const auto load = [&](int64_t j)
                              PYCONV_INLINE { return Sums::load(dy + j * g.dy_pitch, mask); };
        if (g.spans[i].count < Kw) {
          tile.add_few(x, g.spans[i].count, load);
        } else {
          tile.add_span(x, g.spans[i].count, load);
        }
      }
    });
    T* to[Rows * Kw];
    PYCONV_UNROLL
    for (int t = 0; t < Rows * Kw; ++t) to[t] = g.sums + (first_row * Kw + t) * g.sums_pitch;
    const auto mask = Sums::tail(g.cols);
    if (g.accumulate) tile.sums.add_elements(to, 0, mask);
    tile.sums.store_sums(to, 0, mask);
  }
};

template <class T, int Kw>
void slide_rows(const pyconv::SlideGradient<T>& g) {
  constexpr int rows = 3;
  int64_t r = 0;
  for (; r + rows <= g.kh; r += rows) SlideTile<T, rows, Kw>::run(g, r);
  if (g.kh - r == 2) SlideTile<T, 2, Kw>::run(g, r);
  if (g.kh - r == 1) SlideTile<T, 1, Kw>::run(g, r);
}

// The most taps of a row whose sums, three rows of them, the registers hold.
constexpr int kSlideTaps = kRegisters == 32 ? 5 : 3;

template <class T>
void slide_gradient(const pyconv::SlideGradient<T>& g) {
  if constexpr (kSlideTaps >= 5) {
    if (g.kw == 5) return slide_rows<T, 5>(g);
  }
  slide_rows<T, 3>(g);
}

}  // namespace
