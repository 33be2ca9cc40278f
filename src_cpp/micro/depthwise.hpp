// SPDX-License-Identifier: BSD-3-Clause
// Windows whose channels stay apart: a vector is some channels of one pixel.
#pragma once

#include "kernels.hpp"
#include "micro/gemm_tile.hpp"

namespace {

// A vector of channels; `whole` where all its lanes are there.
template <class T, bool whole>
inline typename Vec<T>::Reg load_channels(const T* p, typename Vec<T>::Mask mask) {
  if constexpr (whole) {
    return Vec<T>::load(p);
  } else {
    return Vec<T>::load(p, mask);
  }
}

// Bias, bounds and one write for the sums of pixels [j, j + Pixels).
template <class T, int Pixels, bool whole>
[[gnu::always_inline]] inline void end_pixels(const pyconv::DepthwiseRow<T>& row,
                                              typename Vec<T>::Reg (&acc)[Pixels], int64_t j,
                                              int64_t ch, typename Vec<T>::Mask mask,
                                              int64_t line = 0) {
  using V = Vec<T>;
  if (row.end.bias) {
    const typename V::Reg bias = load_channels<T, whole>(row.end.bias + ch, mask);
    PYCONV_UNROLL
    for (int u = 0; u < Pixels; ++u) acc[u] = V::add(acc[u], bias);
  }
  if (row.end.clamp) {
    const typename V::Reg lower = V::set(row.end.lower);
    const typename V::Reg upper = V::set(row.end.upper);
    PYCONV_UNROLL
    for (int u = 0; u < Pixels; ++u) acc[u] = clamp<T>(acc[u], lower, upper);
  }
  T* out = row.out + line * row.out_line + j * row.out_step + ch;
  if constexpr (whole) {
    if (row.end.stream) {
      PYCONV_UNROLL
      for (int u = 0; u < Pixels; ++u, out += row.out_step) V::stream(out, acc[u]);
      return;
    }
  }
  PYCONV_UNROLL
  for (int u = 0; u < Pixels; ++u, out += row.out_step) {
    if constexpr (whole) {
      V::store(out, acc[u]);
    } else {
      V::store(out, acc[u], mask);
    }
  }
}

// Windows [j, j + Pixels), channels from ch: each sum one chain over the taps; those of `inside`
// windows meet no padding.
template <class T, int Pixels, bool inside, bool whole>
inline void depthwise_pixels(const pyconv::DepthwiseRow<T>& row, int64_t j, int64_t ch) {
  using V = Vec<T>;
  const typename V::Mask mask = V::tail(whole ? V::width : row.channels - ch);
  typename V::Reg acc[Pixels];
  PYCONV_UNROLL
  for (int u = 0; u < Pixels; ++u) acc[u] = V::zero();
  const T* kernel = row.kernel + ch;
  const int64_t pitch = row.step * row.channels;
  for (int64_t r = 0; r < row.kh; ++r) {
    int64_t x = row.origin + j * row.step;
    const T* from = row.rows[r] + x * row.channels + ch;
    for (int64_t s = 0; s < row.kw; ++s, x += row.apart, kernel += row.channels) {
      const typename V::Reg weight = load_channels<T, whole>(kernel, mask);
      PYCONV_UNROLL
      for (int u = 0; u < Pixels; ++u) {
        const int64_t at = x + u * row.step;
        typename V::Reg pixel = V::zero();
        if (inside || (at >= 0 && at < row.w)) {
          pixel = load_channels<T, whole>(from + u * pitch, mask);
        }
        acc[u] = V::fma(pixel, weight, acc[u]);
      }
      from += row.apart * row.channels;
    }
  }
  end_pixels<T, Pixels, whole>(row, acc, j, ch, mask);
}

// The same for any windows of Kw neighbouring taps, Step pixels apart: a pixel is loaded once for
// all windows that it meets.
template <class T, int Pixels, int Kw, int Step, bool inside>
inline void depthwise_slide(const pyconv::DepthwiseRow<T>& row, int64_t j, int64_t ch) {
  using V = Vec<T>;
  typename V::Reg acc[Pixels];
  PYCONV_UNROLL
  for (int u = 0; u < Pixels; ++u) acc[u] = V::zero();
  const T* kernel = row.kernel + ch;
  const int64_t x = row.origin + j * Step;
  const int64_t offset = x * row.channels + ch;
  for (int64_t r = 0; r < row.kh; ++r) {
    const T* from = row.rows[r] + offset;
    typename V::Reg weight[Kw];
    PYCONV_UNROLL
    for (int s = 0; s < Kw; ++s, kernel += row.channels) weight[s] = V::load(kernel);
    PYCONV_UNROLL
    for (int i = 0; i < (Pixels - 1) * Step + Kw; ++i, from += row.channels) {
      const bool met = inside || (x + i >= 0 && x + i < row.w);
      const typename V::Reg pixel = V::keep(met ? V::load(from) : V::zero());
      PYCONV_UNROLL
      for (int s = 0; s < Kw; ++s) {
        const int u = (i - s) / Step;
        if (i < s || (i - s) % Step != 0 || u >= Pixels) continue;
        acc[u] = V::fma(pixel, weight[s], acc[u]);
      }
    }
  }
  end_pixels<T, Pixels, true>(row, acc, j, ch, V::tail(V::width));
}

// Channels go by fastest: a few pixels are read as lines of memory, in order. The last channels
// are computed once more, rather than a part of a vector.
template <class T, int Pixels, int Kw, int Step>
inline void depthwise_slides(const pyconv::DepthwiseRow<T>& row, int64_t j) {
  const int64_t x = row.origin + j * Step;
  const bool inside = x >= 0 && x + (Pixels - 1) * Step + Kw <= row.w;
  for (int64_t ch = 0; ch < row.channels; ch += Vec<T>::width) {
    if (ch + Vec<T>::width > row.channels) ch = row.channels - Vec<T>::width;
    if (inside) {
      depthwise_slide<T, Pixels, Kw, Step, true>(row, j, ch);
    } else {
      depthwise_slide<T, Pixels, Kw, Step, false>(row, j, ch);
    }
  }
}

// At least four windows; the last ones may be computed once more.
template <class T, int Kw, int Step>
inline void depthwise_sliding(const pyconv::DepthwiseRow<T>& row) {
  int64_t j = 0;
  for (; j + 8 <= row.count; j += 8) depthwise_slides<T, 8, Kw, Step>(row, j);
  if (row.count - j > 4 && j > 0) return depthwise_slides<T, 8, Kw, Step>(row, row.count - 8);
  for (; j < row.count; j += 4) {
    depthwise_slides<T, 4, Kw, Step>(row, j + 4 <= row.count ? j : row.count - 4);
  }
}

// Two lines take the weights of 3 x 3 taps and the sums of 14 pixels.
constexpr int kDepthwiseLines = kRegisters == 32 ? 2 : 1;

// The same for two lines of 3 x 3 taps.
template <class T, int Pixels, int Step, bool inside>
inline void depthwise_lines(const pyconv::DepthwiseRow<T>& row, int64_t j, int64_t ch) {
  using V = Vec<T>;
  constexpr int taps = 3, lines = kDepthwiseLines;
  typename V::Reg weight[taps * taps], acc[lines][Pixels];
  PYCONV_UNROLL
  for (int t = 0; t < taps * taps; ++t) weight[t] = V::load(row.kernel + t * row.channels + ch);
  PYCONV_UNROLL
  for (int l = 0; l < lines; ++l) {
    PYCONV_UNROLL
    for (int u = 0; u < Pixels; ++u) acc[l][u] = V::zero();
  }
  const int64_t x = row.origin + j * Step;
  PYCONV_UNROLL
  for (int q = 0; q < (lines - 1) * Step + taps; ++q) {
    const T* from = row.rows[q] + x * row.channels + ch;
    PYCONV_UNROLL
    for (int i = 0; i < (Pixels - 1) * Step + taps; ++i, from += row.channels) {
      const bool met = inside || (x + i >= 0 && x + i < row.w);
      const typename V::Reg pixel = V::keep(met ? V::load(from) : V::zero());
      PYCONV_UNROLL
      for (int l = 0; l < lines; ++l) {
        const int r = q - l * Step;
        if (r < 0 || r >= taps) continue;
        PYCONV_UNROLL
        for (int s = 0; s < taps; ++s) {
          const int u = (i - s) / Step;
          if (i < s || (i - s) % Step != 0 || u >= Pixels) continue;
          acc[l][u] = V::fma(pixel, weight[r * taps + s], acc[l][u]);
        }
      }
    }
  }
  PYCONV_UNROLL
  for (int l = 0; l < lines; ++l) {
    end_pixels<T, Pixels, true>(row, acc[l], j, ch, V::tail(V::width), l);
  }
}

template <class T, int Pixels, int Step>
inline void depthwise_lines_at(const pyconv::DepthwiseRow<T>& row, int64_t j) {
  const int64_t x = row.origin + j * Step;
  const bool inside = x >= 0 && x + (Pixels - 1) * Step + 3 <= row.w;
  for (int64_t ch = 0; ch < row.channels; ch += Vec<T>::width) {
    if (ch + Vec<T>::width > row.channels) ch = row.channels - Vec<T>::width;
    if (inside) {
      depthwise_lines<T, Pixels, Step, true>(row, j, ch);
    } else {
      depthwise_lines<T, Pixels, Step, false>(row, j, ch);
    }
  }
}

// The last windows may be computed once more.
template <class T, int Step>
inline void depthwise_both_lines(const pyconv::DepthwiseRow<T>& row) {
  if (row.count == 7 || row.count == 14) {
    for (int64_t j = 0; j < row.count; j += 7) depthwise_lines_at<T, 7, Step>(row, j);
    return;
  }
  for (int64_t j = 0; j < row.count; j += 4) {
    depthwise_lines_at<T, 4, Step>(row, j + 4 <= row.count ? j : row.count - 4);
  }
}

template <class T, int Pixels, bool inside>
inline void depthwise_channels(const pyconv::DepthwiseRow<T>& row, int64_t j) {
  int64_t ch = 0;
  for (; ch + Vec<T>::width <= row.channels; ch += Vec<T>::width) {
    depthwise_pixels<T, Pixels, inside, true>(row, j, ch);
  }
  if (ch < row.channels) depthwise_pixels<T, Pixels, inside, false>(row, j, ch);
}

// Any windows.
template <class T>
inline void depthwise_windows(const pyconv::DepthwiseRow<T>& row) {
  const auto inside = [&](int64_t first, int64_t last) {
    const int64_t end = row.origin + last * row.step + (row.kw - 1) * row.apart;
    return row.origin + first * row.step >= 0 && end < row.w;
  };
  for (int64_t j = 0; j < row.count;) {
    if (j + 8 <= row.count && inside(j, j + 7)) {
      depthwise_channels<T, 8, true>(row, j);
      j += 8;
    } else if (j + 4 <= row.count) {
      depthwise_channels<T, 4, false>(row, j);
      j += 4;
    } else {
      depthwise_channels<T, 1, false>(row, j);
      ++j;
    }
  }
}

template <class T>
void depthwise_row(const pyconv::DepthwiseRow<T>& given) {
  const pyconv::DepthwiseRow<T> row = given;  // which no store of a vector changes
  if constexpr (kDepthwiseLines > 1) {
    if (row.lines > 1 && row.step == 1) return depthwise_both_lines<T, 1>(row);
    if (row.lines > 1) return depthwise_both_lines<T, 2>(row);
  }
  if (row.apart == 1 && row.count >= 4 && row.channels >= Vec<T>::width) {
    if (row.step == 1) {
      if (row.kw == 2) return depthwise_sliding<T, 2, 1>(row);
      if (row.kw == 3) return depthwise_sliding<T, 3, 1>(row);
      if (row.kw == 5) return depthwise_sliding<T, 5, 1>(row);
      if (row.kw == 7) return depthwise_sliding<T, 7, 1>(row);
    } else if (row.step == 2) {
      if (row.kw == 3) return depthwise_sliding<T, 3, 2>(row);
      if (row.kw == 5) return depthwise_sliding<T, 5, 2>(row);
    }
  }
  depthwise_windows(row);
}

}  // namespace
