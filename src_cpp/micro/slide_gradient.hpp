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

  // Pixel t of the rows meets tap s with the gradient of pixel t - s.
  template <class Gradient>
  [[gnu::always_inline]] inline void add_pixel(const T* const (&x)[Rows], int64_t t,
                                               const Gradient& gradient) {
    PYCONV_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const typename V::Reg pixel = V::set(x[r][t]);
      PYCONV_UNROLL
      for (int s = 0; s < Kw; ++s) gradient(s, sums.acc[r * Kw + s][0], pixel);
    }
  }

  // A pixel at an end of the `count` results, which not all taps meet.
  template <class Last>
  [[gnu::always_inline]] inline void add_end(const T* const (&x)[Rows], int64_t t, int64_t count,
                                             const T* dy, Last mask) {
    const typename V::Reg next = t < count ? Sums::load(dy, mask) : V::zero();
    add_pixel(x, t, [&](int s, typename V::Reg& sum, typename V::Reg pixel) PYCONV_INLINE {
      if (t >= s && t - s < count) V::add_product(sum, pixel, s == 0 ? next : seen[(Kw - s) % Kw]);
    });
    PYCONV_UNROLL
    for (int s = 0; s + 1 < Kw; ++s) seen[s] = seen[s + 1];
    seen[Kw - 1] = next;
  }

  template <class Last>
  [[gnu::always_inline]] inline void add_span(const T* const (&x)[Rows], int64_t count, const T* dy,
                                              int64_t dy_pitch, Last mask) {
    PYCONV_UNROLL
    for (int s = 0; s < Kw; ++s) seen[s] = V::zero();
    int64_t t = 0;
    for (; t < Kw - 1; ++t) add_end(x, t, count, dy + t * dy_pitch, mask);
    const T* next = dy + t * dy_pitch;
    for (; t + Kw <= count; t += Kw) {
      PYCONV_UNROLL
      for (int u = 0; u < Kw; ++u, next += dy_pitch) {
        seen[u] = Sums::load(next, mask);
        add_pixel(x, t + u, [&](int s, typename V::Reg& sum, typename V::Reg pixel) PYCONV_INLINE {
          V::add_product(sum, pixel, seen[(u + Kw - s) % Kw]);
        });
      }
    }
    for (; t < count + Kw - 1; ++t) add_end(x, t, count, dy + t * dy_pitch, mask);
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
        tile.add_span(x, g.spans[i].count, dy, g.dy_pitch, mask);
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
