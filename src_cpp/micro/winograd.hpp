// SPDX-License-Identifier: BSD-3-Clause
// The transforms of Winograd's minimal filtering F(M x M, R x R), a vector of channels at a time;
// squares have M + R - 1 pixels a side. Source: Lavin and Gray, Fast Algorithms for Convolutional
// Neural Networks, 2016: y = A^T [(G g G^T) . (B^T d B)] A, and by transposition dg = G^T [(B^T d
// B) . (A dy A^T)] G.
#pragma once

#include "kernels.hpp"
#include "micro/gemm_tile.hpp"
#include "micro/winograd_steps.hpp"

namespace {

// out = step(step(in)^T)^T: along columns, then along rows. In and Out are the two sizes.
template <class R, int In, int Out, class Step>
inline void both_axes(R (&in)[In][In], R (&out)[Out][Out], Step step) {
  R half[Out][In];
  PYCONV_UNROLL
  for (int j = 0; j < In; ++j) {
    R column[In], result[Out];
    PYCONV_UNROLL
    for (int i = 0; i < In; ++i) column[i] = in[i][j];
    step(column, result);
    PYCONV_UNROLL
    for (int i = 0; i < Out; ++i) half[i][j] = result[i];
  }
  PYCONV_UNROLL
  for (int i = 0; i < Out; ++i) step(half[i], out[i]);
}

// The pixels of a square that lie in the image, from row `top` and column `left` on; others are 0.
template <class T, int Side, bool Inside>
inline void load_square(typename Vec<T>::Reg (&d)[Side][Side], const pyconv::WinogradSquare<T>& s,
                        int64_t ch, typename Vec<T>::Mask mask) {
  using V = Vec<T>;
  PYCONV_UNROLL
  for (int i = 0; i < Side; ++i) {
    const T* row = s.pixels + i * s.row_pitch + ch;
    PYCONV_UNROLL
    for (int j = 0; j < Side; ++j) {
      const bool there = Inside || (i >= s.top && i < s.bottom && j >= s.left && j < s.right);
      d[i][j] = there ? V::load(row + j * s.pixel_pitch, mask) : V::zero();
    }
  }
}

template <class T, int Side>
inline void store_frequencies(typename Vec<T>::Reg (&v)[Side][Side], T* to, int64_t pitch,
                              typename Vec<T>::Mask mask) {
  PYCONV_UNROLL
  for (int i = 0; i < Side; ++i) {
    PYCONV_UNROLL
    for (int j = 0; j < Side; ++j) Vec<T>::store(to + (i * Side + j) * pitch, v[i][j], mask);
  }
}

template <class T, int M, int R, bool Inside>
void winograd_patch_of(const pyconv::WinogradSquare<T>& square, int64_t channels, T* to,
                       int64_t pitch) {
  using V = Vec<T>;
  constexpr int side = M + R - 1;
  for (int64_t ch = 0; ch < channels; ch += V::width) {
    const typename V::Mask mask = V::tail(channels - ch);
    typename V::Reg d[side][side], v[side][side];
    load_square<T, side, Inside>(d, square, ch, mask);
    both_axes(d, v, [](const auto& in, auto& out) { Winograd<T, M, R>::patch(in, out); });
    store_frequencies<T, side>(v, to + ch, pitch, mask);
  }
}

// to[frequency * pitch + ch] = (B^T d B) of a square.
template <class T, int M, int R>
void winograd_patch(const pyconv::WinogradSquare<T>& square, int64_t channels, T* to,
                    int64_t pitch) {
  constexpr int side = M + R - 1;
  if (square.top == 0 && square.left == 0 && square.bottom == side && square.right == side) {
    winograd_patch_of<T, M, R, true>(square, channels, to, pitch);
  } else {
    winograd_patch_of<T, M, R, false>(square, channels, to, pitch);
  }
}

// The same of a square of M gradients: A dy A^T.
template <class T, int M, int R>
void winograd_gradient(const pyconv::WinogradSquare<T>& square, int64_t channels, T* to,
                       int64_t pitch) {
  using V = Vec<T>;
  constexpr int side = M + R - 1;
  for (int64_t ch = 0; ch < channels; ch += V::width) {
    const typename V::Mask mask = V::tail(channels - ch);
    typename V::Reg dy[M][M], z[side][side];
    load_square<T, M, false>(dy, square, ch, mask);
    both_axes(dy, z, [](const auto& in, auto& out) { Winograd<T, M, R>::gradient(in, out); });
    store_frequencies<T, side>(z, to + ch, pitch, mask);
  }
}

// to[frequency * pitch + i] = (G g G^T) of `count` filters, tap t at g[t * tap_pitch + i].
template <class T, int M, int R>
void winograd_filter(const T* g, int64_t tap_pitch, int64_t count, T* to, int64_t pitch) {
  using V = Vec<T>;
  constexpr int side = M + R - 1;
  for (int64_t i = 0; i < count; i += V::width) {
    const typename V::Mask mask = V::tail(count - i);
    typename V::Reg taps[R][R], u[side][side];
    PYCONV_UNROLL
    for (int t = 0; t < R * R; ++t) taps[t / R][t % R] = V::load(g + t * tap_pitch + i, mask);
    both_axes(taps, u, [](const auto& in, auto& out) { Winograd<T, M, R>::filter(in, out); });
    store_frequencies<T, side>(u, to + i, pitch, mask);
  }
}

// The pixels of `square` = or += (A^T m A) with the tile's end; m[frequency * pitch + i].
template <class T, int M, int R>
void winograd_output(const T* m, int64_t pitch, const pyconv::WinogradSquare<T>& given, T* pixels,
                     int64_t count, const pyconv::TileEnd<T>& end_given) {
  using V = Vec<T>;
  const pyconv::WinogradSquare<T> square = given;  // which no store of a vector changes
  const pyconv::TileEnd<T> end = end_given;
  constexpr int side = M + R - 1;
  for (int64_t i = 0; i < count; i += V::width) {
    const typename V::Mask mask = V::tail(count - i);
    typename V::Reg in[side][side], y[M][M];
    PYCONV_UNROLL
    for (int q = 0; q < side * side; ++q) {
      in[q / side][q % side] = V::load(m + q * pitch + i, mask);
    }
    both_axes(in, y, [](const auto& a, auto& b) { Winograd<T, M, R>::output(a, b); });
    const typename V::Reg bias = end.bias ? V::load(end.bias + i, mask) : V::zero();
    const typename V::Reg lower = V::set(end.lower), upper = V::set(end.upper);
    PYCONV_UNROLL
    for (int q = 0; q < M * M; ++q) {
      if (q / M >= square.bottom || q % M >= square.right) continue;
      T* const to = pixels + q / M * square.row_pitch + q % M * square.pixel_pitch + i;
      typename V::Reg sum = y[q / M][q % M];
      if (end.accumulate) sum = V::add(V::load(to, mask), sum);
      if (end.bias) sum = V::add(sum, bias);
      if (end.clamp) sum = clamp<T>(sum, lower, upper);
      V::store(to, sum, mask);
    }
  }
}

// The pixels of `square` = or += (B m B^T); m[frequency * pitch + i].
template <class T, int M, int R>
void winograd_spread(const T* m, int64_t pitch, const pyconv::WinogradSquare<T>& given, T* pixels,
                     int64_t count, bool above, bool beside) {
  using V = Vec<T>;
  const pyconv::WinogradSquare<T> square = given;  // which no store of a vector changes
  constexpr int side = M + R - 1;
  for (int64_t i = 0; i < count; i += V::width) {
    const typename V::Mask mask = V::tail(count - i);
    typename V::Reg in[side][side], d[side][side];
    PYCONV_UNROLL
    for (int q = 0; q < side * side; ++q) {
      in[q / side][q % side] = V::load(m + q * pitch + i, mask);
    }
    both_axes(in, d, [](const auto& a, auto& b) { Winograd<T, M, R>::spread(a, b); });
    PYCONV_UNROLL
    for (int q = 0; q < side * side; ++q) {
      const int row = q / side, column = q % side;
      if (row < square.top || row >= square.bottom) continue;
      if (column < square.left || column >= square.right) continue;
      T* const to = pixels + row * square.row_pitch + column * square.pixel_pitch + i;
      const bool adds = (row < R - 1 && above) || (column < R - 1 && beside);
      V::store(to, adds ? V::add(V::load(to, mask), d[row][column]) : d[row][column], mask);
    }
  }
}

// Tap t of dkernel[t * tap_pitch + i] = (G^T u G), u the sum of `parts` left to right.
template <class T, int M, int R>
void winograd_filter_gradient(const T* u, int64_t pitch, int64_t part_pitch, int64_t parts,
                              int64_t count, T* dkernel, int64_t tap_pitch) {
  using V = Vec<T>;
  constexpr int side = M + R - 1;
  for (int64_t i = 0; i < count; i += V::width) {
    const typename V::Mask mask = V::tail(count - i);
    typename V::Reg in[side][side], g[R][R];
    PYCONV_UNROLL
    for (int q = 0; q < side * side; ++q) {
      in[q / side][q % side] = V::load(u + q * pitch + i, mask);
    }
    for (int64_t p = 1; p < parts; ++p) {
      PYCONV_UNROLL
      for (int q = 0; q < side * side; ++q) {
        in[q / side][q % side] =
            V::add(in[q / side][q % side], V::load(u + p * part_pitch + q * pitch + i, mask));
      }
    }
    both_axes(in, g, [](const auto& a, auto& b) { Winograd<T, M, R>::filter_gradient(a, b); });
    PYCONV_UNROLL
    for (int t = 0; t < R * R; ++t) V::store(dkernel + t * tap_pitch + i, g[t / R][t % R], mask);
  }
}

template <class T, int M, int R>
constexpr pyconv::WinogradKernels<T> winograd_kernels() {
  pyconv::WinogradKernels<T> kernels{};
  kernels.m = M;
  kernels.r = R;
  kernels.patch = &winograd_patch<T, M, R>;
  kernels.gradient = &winograd_gradient<T, M, R>;
  kernels.filter = &winograd_filter<T, M, R>;
  kernels.output = &winograd_output<T, M, R>;
  if constexpr (R == 3) kernels.spread = &winograd_spread<T, M, R>;
  kernels.filter_gradient = &winograd_filter_gradient<T, M, R>;
  return kernels;
}

}  // namespace
