// SPDX-License-Identifier: BSD-3-Clause
// Gradients of poolings. Channels are lanes; in a plane of a channels_first image, neighbouring
// windows are.
#pragma once

#include "kernels.hpp"
#include "micro/pool2d.hpp"

namespace {

// The lanes whose window was won by its pixel `tap`; of those beyond `count` nothing is known.
template <class T>
inline typename Vec<T>::Mask won_by(const pyconv::BestGradient<T>& p, int64_t at, int64_t tap,
                                    int64_t count) {
  using V = Vec<T>;
  if (p.bytes) {
    const uint8_t* from = static_cast<const uint8_t*>(p.argmax) + at;
    return V::bytes_equal(from, static_cast<uint8_t>(tap), count);
  }
  const typename V::Reg where = V::load_ints(static_cast<const int32_t*>(p.argmax) + at, count);
  return V::equal(where, V::set(static_cast<T>(tap)));
}

// Windows that lie side by side and meet nothing twice: Kh x Kw, or 0 x 0 for any size.
template <class T, int Kh, int Kw>
void best_tiles_backward_of(const pyconv::BestGradient<T>& given) {
  const pyconv::BestGradient<T> p = given;
  const int64_t row = p.w * p.c;
  const int64_t rows = Kh > 0 ? Kh : p.rows;
  for (int64_t j = 0; j < p.ow; ++j) {
    const int64_t left = j * p.kw;
    const int64_t columns = Kw > 0 ? Kw : (left + p.kw > p.w ? p.w - left : p.kw);
    const int64_t wide = (p.w - (left + columns - 1)) * p.c;
    const int64_t room = wide < (p.ow - j) * p.c ? wide : (p.ow - j) * p.c;
    for_each_vector<T, 1>(p.c, room, [&](auto, int64_t channel, int64_t count) {
      const int64_t at = j * p.c + channel;
      T* to = p.dx + left * p.c + channel;
      const typename Vec<T>::Reg gradient = load_first(p.dy + at, count);
      for (int64_t r = 0; r < rows; ++r, to += row) {
        for (int64_t s = 0; s < columns; ++s) {
          const typename Vec<T>::Mask won = won_by(p, at, r * p.kw + s, count);
          store_first(to + s * p.c, Vec<T>::select(won, gradient, Vec<T>::zero()), count);
        }
      }
    });
  }
}

template <class T>
void best_tiles_backward(const pyconv::BestGradient<T>& p) {
  if (p.rows == 2 && p.kw == 2 && p.ow * 2 <= p.w) return best_tiles_backward_of<T, 2, 2>(p);
  best_tiles_backward_of<T, 0, 0>(p);
}

// Pixels of one row, under any windows: a pixel adds up what those that it won send, row by row.
template <class T>
inline void best_pixels_backward(const pyconv::BestGradient<T>& p, int64_t from, int64_t to_pixel) {
  using V = Vec<T>;
  const int64_t pitch = p.ow * p.c;
  int64_t first = 0;
  int64_t last = 0;
  for (int64_t x = from; x < to_pixel; ++x) {
    const int64_t reached = x + p.left;
    while (last < p.ow && last * p.sw <= reached) ++last;
    while (first < last && first * p.sw + p.kw <= reached) ++first;
    int64_t room = (p.w - x) * p.c;
    if (first < last && (p.ow - last + 1) * p.c < room) room = (p.ow - last + 1) * p.c;
    for_each_vector<T, 4>(p.c, room, [&](auto vecs, int64_t channel, int64_t count) {
      constexpr int Vecs = decltype(vecs)::value;
      typename V::Reg sum[Vecs];
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) sum[v] = V::zero();
      for (int64_t i = 0; i < p.rows; ++i) {
        const int64_t tap = (p.tap_row - i * p.sh) * p.kw + reached;
        for (int64_t j = first; j < last; ++j) {
          PYCONV_UNROLL
          for (int v = 0; v < Vecs; ++v) {
            const int64_t at = i * pitch + j * p.c + channel + v * V::width;
            const typename V::Mask won = won_by(p, at, tap - j * p.sw, count);
            const typename V::Reg part = V::select(won, load_first(p.dy + at, count), V::zero());
            sum[v] = V::add(sum[v], part);
          }
        }
      }
      T* to = p.dx + x * p.c + channel;
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) store_first(to + v * V::width, sum[v], count);
    });
  }
}

// Windows 3 wide, 2 apart, in Rows rows: of each, from the first-th on, its middle pixel and the
// one it shares with the next. Channels are whole vectors.
template <class T, int Rows>
inline void best_pairs_backward(const pyconv::BestGradient<T>& given, int64_t first, int64_t last) {
  const pyconv::BestGradient<T> p = given;
  using V = Vec<T>;
  const int64_t pitch = p.ow * p.c;
  const uint8_t* const argmax = static_cast<const uint8_t*>(p.argmax);
  uint8_t tap[Rows];
  for (int i = 0; i < Rows; ++i) tap[i] = static_cast<uint8_t>((p.tap_row - i * p.sh) * 3);
  for (int64_t j = first; j < last; ++j) {
    T* const to = p.dx + (2 * j + 1 - p.left) * p.c;
    for (int64_t channel = 0; channel < p.c; channel += V::width) {
      typename V::Reg middle = V::zero(), shared = V::zero();
      PYCONV_UNROLL
      for (int i = 0; i < Rows; ++i) {
        const int64_t at = i * pitch + j * p.c + channel;
        const typename V::Reg mine = V::load(p.dy + at), next = V::load(p.dy + at + p.c);
        const auto won = [&](int64_t offset, int column, typename V::Reg gradient) {
          const uint8_t wanted = static_cast<uint8_t>(tap[i] + column);
          return V::select(V::bytes_equal(argmax + offset, wanted, V::width), gradient, V::zero());
        };
        middle = V::add(middle, won(at, 1, mine));
        shared = V::add(V::add(shared, won(at, 2, mine)), won(at + p.c, 0, next));
      }
      V::store(to + channel, middle);
      V::store(to + p.c + channel, shared);
    }
  }
}

template <class T>
void best_row_backward(const pyconv::BestGradient<T>& p) {
  // Windows whose two pixels are among those asked for, and that have a next one.
  const int64_t first = (p.from + p.left) / 2;
  const int64_t most = (p.to + p.left - 1) / 2;
  const int64_t last = most < p.ow - 1 ? most : p.ow - 1;
  const bool pairs = p.bytes && p.kw == 3 && p.sw == 2 && p.c % Vec<T>::width == 0 && first < last;
  if (!pairs || p.rows < 1 || p.rows > 2) return best_pixels_backward(p, p.from, p.to);
  best_pixels_backward(p, p.from, 2 * first + 1 - p.left);
  if (p.rows == 1) {
    best_pairs_backward<T, 1>(p, first, last);
  } else {
    best_pairs_backward<T, 2>(p, first, last);
  }
  best_pixels_backward(p, 2 * last + 1 - p.left, p.to);
}

// Adds to one row of dx the shares that the windows of one output row send there. Where windows do
// not overlap, `assign` stores instead of adding.
template <class T>
void average_row_backward(const pyconv::PoolRowGradient<T>& given) {
  const pyconv::PoolRowGradient<T> p = given;
  using V = Vec<T>;
  for (int64_t j = 0; j < p.ow; ++j) {
    const int64_t left = j * p.sw - p.left;
    const Span columns = clip_taps(left, p.kw, p.w);
    const int64_t counted = counted_taps(left, p.kw, p.counted_left, p.counted_right);
    const typename V::Reg divisor = V::set(static_cast<T>(p.counted_rows * counted));
    for (int64_t channel = 0; channel < p.c; channel += V::width) {
      const int64_t count = p.c - channel < V::width ? p.c - channel : V::width;
      const typename V::Reg share = V::div(load_first(p.dy + j * p.c + channel, count), divisor);
      for (int64_t s = columns.first; s < columns.last; ++s) {
        T* to = p.dx + (left + s) * p.c + channel;
        store_first(to, p.assign ? share : V::add(load_first<T>(to, count), share), count);
      }
    }
  }
}

// The same for a row of one channel.
template <class T>
void average_plane_row_backward(const pyconv::PoolRowGradient<T>& p) {
  for (int64_t j = 0; j < p.ow; ++j) {
    const int64_t left = j * p.sw - p.left;
    const Span columns = clip_taps(left, p.kw, p.w);
    const int64_t counted = counted_taps(left, p.kw, p.counted_left, p.counted_right);
    const T share = p.dy[j] / static_cast<T>(p.counted_rows * counted);
    for (int64_t x = left + columns.first; x < left + columns.last; ++x) {
      p.dx[x] = p.assign ? share : p.dx[x] + share;
    }
  }
}

}  // namespace
