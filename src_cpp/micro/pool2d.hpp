// SPDX-License-Identifier: BSD-3-Clause
// Max pooling of one row of windows, and its gradient for one row of pixels. Channels are lanes;
// in a plane of a channels_first image, neighbouring windows are.
#pragma once

#include "kernels.hpp"
#include "micro/move.hpp"

namespace {

struct Span {
  int64_t first, last;
};

// The taps of a window that lie inside an axis of `size` pixels.
inline Span clip_taps(int64_t origin, int64_t taps, int64_t size) {
  Span span = {origin < 0 ? -origin : 0, taps};
  if (origin + taps > size) span.last = size - origin;
  return span;
}

template <class T>
inline void store_offsets(void* to, int64_t at, bool bytes, typename Vec<T>::Reg offsets,
                          int64_t count) {
  if (bytes) {
    Vec<T>::store_bytes(static_cast<uint8_t*>(to) + at, offsets, count);
  } else {
    Vec<T>::store_ints(static_cast<int32_t*>(to) + at, offsets, count);
  }
}

// Elements `step` apart; Step says which steps are known: 1, 2, or 0 for any.
template <class T, int Step>
inline typename Vec<T>::Reg load_lanes(const T* p, int64_t step, int64_t count) {
  if constexpr (Step == 1) return load_first(p, count);
  if constexpr (Step == 2) return Vec<T>::load_even(p, count);
  return Vec<T>::load_step(p, step, count);
}

// `count` lanes of windows, `x` the first lane's first pixel inside.
template <class T, bool WithOffsets, int Step>
inline void max_window(const pyconv::PoolRow<T>& p, const T* x, const Span& rows,
                       const Span& columns, int64_t at, int64_t count) {
  using V = Vec<T>;
  typename V::Reg best = load_lanes<T, Step>(x, p.sw, count);
  typename V::Reg where = V::set(static_cast<T>(rows.first * p.kw + columns.first));
  for (int64_t r = rows.first; r < rows.last; ++r, x += p.row_pitch) {
    const T* pixel = x;
    for (int64_t s = columns.first; s < columns.last; ++s, pixel += p.pixel_pitch) {
      const typename V::Reg value = load_lanes<T, Step>(pixel, p.sw, count);
      // A NaN wins over a number; the first NaN and the first of equals stay.
      const typename V::Mask wins =
          V::either(V::greater(value, best), V::and_not(V::is_nan(value), V::is_nan(best)));
      best = V::select(wins, value, best);
      if (WithOffsets) where = V::select(wins, V::set(static_cast<T>(r * p.kw + s)), where);
    }
  }
  store_first(p.y + at, best, count);
  if (WithOffsets) store_offsets<T>(p.argmax, at, p.bytes, where, count);
}

template <class T, bool WithOffsets>
inline void max_pool_windows(const pyconv::PoolRow<T>& p) {
  const Span rows = clip_taps(p.origin_h, p.kh, p.h);
  for (int64_t j = 0; j < p.ow; ++j) {
    const int64_t left = j * p.sw - p.left;
    const Span columns = clip_taps(left, p.kw, p.w);
    const T* x =
        p.x + (p.origin_h + rows.first) * p.row_pitch + (left + columns.first) * p.pixel_pitch;
    for (int64_t channel = 0; channel < p.c; channel += Vec<T>::width) {
      max_window<T, WithOffsets, 1>(p, x + channel, rows, columns, j * p.c + channel,
                                    p.c - channel);
    }
  }
}

// Windows inside the row share their taps and go side by side; those at its ends go alone.
template <class T, bool WithOffsets, int Step>
inline void max_plane_windows(const pyconv::PoolRow<T>& p) {
  const Span rows = clip_taps(p.origin_h, p.kh, p.h);
  const int64_t most = p.sw < (1 << 24) ? Vec<T>::width : 1;
  const int64_t room = p.w + p.left - p.kw;
  Span inside = {(p.left + p.sw - 1) / p.sw, room < 0 ? 0 : room / p.sw + 1};
  if (inside.last > p.ow) inside.last = p.ow;
  int64_t count = 1;
  for (int64_t j = 0; j < p.ow; j += count) {
    const int64_t left = j * p.sw - p.left;
    const Span columns = clip_taps(left, p.kw, p.w);
    count = j >= inside.first && j < inside.last ? inside.last - j : 1;
    if (count > most) count = most;
    const T* x = p.x + (p.origin_h + rows.first) * p.row_pitch + left + columns.first;
    max_window<T, WithOffsets, Step>(p, x, rows, columns, j, count);
  }
}

template <class T, bool WithOffsets>
inline void max_plane_windows_by_step(const pyconv::PoolRow<T>& p) {
  if (p.sw == 1) return max_plane_windows<T, WithOffsets, 1>(p);
  if (p.sw == 2) return max_plane_windows<T, WithOffsets, 2>(p);
  max_plane_windows<T, WithOffsets, 0>(p);
}

// A row of one channel: pixels are contiguous.
template <class T>
void max_pool_plane_row(const pyconv::PoolRow<T>& p) {
  if (p.argmax) {
    max_plane_windows_by_step<T, true>(p);
  } else {
    max_plane_windows_by_step<T, false>(p);
  }
}

template <class T>
void max_pool_row(const pyconv::PoolRow<T>& p) {
  if (p.argmax) {
    max_pool_windows<T, true>(p);
  } else {
    max_pool_windows<T, false>(p);
  }
}

template <class T>
inline typename Vec<T>::Reg load_offsets(const void* from, int64_t at, bool bytes, int64_t count) {
  return bytes ? Vec<T>::load_bytes(static_cast<const uint8_t*>(from) + at, count)
               : Vec<T>::load_ints(static_cast<const int32_t*>(from) + at, count);
}

// Adds to one row of dx what row `tap_row` of the windows of one output row sends there. Where
// windows do not overlap, `assign` stores instead of adding.
template <class T>
void max_pool_row_backward(const pyconv::PoolRowGradient<T>& p) {
  using V = Vec<T>;
  for (int64_t j = 0; j < p.ow; ++j) {
    const int64_t left = j * p.sw - p.left;
    const Span columns = clip_taps(left, p.kw, p.w);
    for (int64_t channel = 0; channel < p.c; channel += V::width) {
      const int64_t count = p.c - channel < V::width ? p.c - channel : V::width;
      const int64_t at = j * p.c + channel;
      const typename V::Reg gradient = load_first(p.dy + at, count);
      const typename V::Reg where = load_offsets<T>(p.argmax, at, p.bytes, count);
      for (int64_t s = columns.first; s < columns.last; ++s) {
        T* to = p.dx + (left + s) * p.c + channel;
        const typename V::Reg tap = V::set(static_cast<T>(p.tap_row * p.kw + s));
        typename V::Reg part = V::select(V::equal(where, tap), gradient, V::zero());
        if (!p.assign) part = V::add(load_first<T>(to, count), part);
        store_first(to, part, count);
      }
    }
  }
}

}  // namespace
