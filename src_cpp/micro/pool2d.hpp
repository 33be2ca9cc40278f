// SPDX-License-Identifier: BSD-3-Clause
// Pooling of one row of windows, and its gradient for one row of pixels. Channels are lanes; in a
// plane of a channels_first image, neighbouring windows are.
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

// How many columns of a window an average divides by: those within [first, last).
inline int64_t counted_taps(int64_t left, int64_t taps, int64_t first, int64_t last) {
  return (left + taps < last ? left + taps : last) - (left > first ? left : first);
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

// Which of two values wins a window.
struct Larger {
  template <class V>
  static typename V::Mask beats(typename V::Reg value, typename V::Reg best) {
    return V::greater(value, best);
  }
};
struct Smaller {
  template <class V>
  static typename V::Mask beats(typename V::Reg value, typename V::Reg best) {
    return V::greater(best, value);
  }
};

// What a pooling does with the pixels of its windows, a lane each, in row-major order: the best
// one, and where it stood.
template <class T, class Better, bool WithOffsets>
struct Best {
  using V = Vec<T>;
  static constexpr int64_t taken = 1;  // pixels, by the constructor
  typename V::Reg best, where;

  Best(typename V::Reg first, int64_t tap) : best(first), where(V::set(static_cast<T>(tap))) {}
  void take(typename V::Reg value, int64_t tap) {
    // A NaN wins over a number; the first NaN and the first of equals stay.
    const typename V::Mask wins = V::either(Better::template beats<V>(value, best),
                                            V::and_not(V::is_nan(value), V::is_nan(best)));
    best = V::select(wins, value, best);
    if (WithOffsets) where = V::select(wins, V::set(static_cast<T>(tap)), where);
  }
  void end_row() {}
  void store(const pyconv::PoolRow<T>& p, int64_t at, int64_t /*columns*/, int64_t count) {
    store_first(p.y + at, best, count);
    if (WithOffsets) store_offsets<T>(p.argmax, at, p.bytes, where, count);
  }
};

// Their sum, row by row, divided by how many they are.
template <class T>
struct Average {
  using V = Vec<T>;
  static constexpr int64_t taken = 0;
  typename V::Reg sum, row;

  Average(typename V::Reg /*first*/, int64_t /*tap*/) : sum(V::zero()), row(V::zero()) {}
  void take(typename V::Reg value, int64_t /*tap*/) { row = V::add(row, value); }
  void end_row() {
    sum = V::add(sum, row);
    row = V::zero();
  }
  void store(const pyconv::PoolRow<T>& p, int64_t at, int64_t columns, int64_t count) {
    store_first(p.y + at, V::div(sum, V::set(static_cast<T>(p.counted_rows * columns))), count);
  }
};

// `count` lanes of windows, `x` the first lane's first pixel inside.
template <class T, class Pool, int Step>
inline void pool_window(const pyconv::PoolRow<T>& p, const T* x, const Span& rows,
                        const Span& columns, int64_t left, int64_t at, int64_t count) {
  Pool pool(load_lanes<T, Step>(x, p.sw, count), rows.first * p.kw + columns.first);
  int64_t first = columns.first + Pool::taken;
  for (int64_t r = rows.first; r < rows.last; ++r, first = columns.first, x += p.row_pitch) {
    const T* pixel = x + (first - columns.first) * p.pixel_pitch;
    for (int64_t s = first; s < columns.last; ++s, pixel += p.pixel_pitch) {
      pool.take(load_lanes<T, Step>(pixel, p.sw, count), r * p.kw + s);
    }
    pool.end_row();
  }
  pool.store(p, at, counted_taps(left, p.kw, p.counted_left, p.counted_right), count);
}

// A row is copied first: the compiler must think that stores of vectors change what is referred to.
template <class T, class Pool>
void pool_row(const pyconv::PoolRow<T>& given) {
  const pyconv::PoolRow<T> p = given;
  const Span rows = clip_taps(p.origin_h, p.kh, p.h);
  for (int64_t j = 0; j < p.ow; ++j) {
    const int64_t left = j * p.sw - p.left;
    const Span columns = clip_taps(left, p.kw, p.w);
    const T* x =
        p.x + (p.origin_h + rows.first) * p.row_pitch + (left + columns.first) * p.pixel_pitch;
    for (int64_t channel = 0; channel < p.c; channel += Vec<T>::width) {
      pool_window<T, Pool, 1>(p, x + channel, rows, columns, left, j * p.c + channel,
                              p.c - channel);
    }
  }
}

// Windows inside the row share their taps and go side by side; those at its ends go alone.
template <class T, class Pool, int Step>
inline void pool_plane_windows(const pyconv::PoolRow<T>& given) {
  const pyconv::PoolRow<T> p = given;
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
    pool_window<T, Pool, Step>(p, x, rows, columns, left, j, count);
  }
}

// A row of one channel: pixels are contiguous.
template <class T, class Pool>
void pool_plane_row(const pyconv::PoolRow<T>& p) {
  if (p.sw == 1) return pool_plane_windows<T, Pool, 1>(p);
  if (p.sw == 2) return pool_plane_windows<T, Pool, 2>(p);
  pool_plane_windows<T, Pool, 0>(p);
}

template <class T, class Better>
constexpr void fill_best(pyconv::KernelTable<T>& table, pyconv::PoolKind kind) {
  const int at = static_cast<int>(kind);
  table.pool_row[at] = &pool_row<T, Best<T, Better, false>>;
  table.pool_plane_row[at] = &pool_plane_row<T, Best<T, Better, false>>;
  table.pool_row_with_offsets[at] = &pool_row<T, Best<T, Better, true>>;
  table.pool_plane_row_with_offsets[at] = &pool_plane_row<T, Best<T, Better, true>>;
}

template <class T>
inline typename Vec<T>::Reg load_offsets(const void* from, int64_t at, bool bytes, int64_t count) {
  return bytes ? Vec<T>::load_bytes(static_cast<const uint8_t*>(from) + at, count)
               : Vec<T>::load_ints(static_cast<const int32_t*>(from) + at, count);
}

// What the windows of one output row send to the pixels of one row of dx: dy to the one that won,
template <class T>
struct ToBest {
  using V = Vec<T>;
  typename V::Reg gradient, where;

  ToBest(const pyconv::PoolRowGradient<T>& p, typename V::Reg dy, int64_t at, int64_t /*columns*/,
         int64_t count)
      : gradient(dy), where(load_offsets<T>(p.argmax, at, p.bytes, count)) {}
  typename V::Reg part(int64_t tap) const {
    return V::select(V::equal(where, V::set(static_cast<T>(tap))), gradient, V::zero());
  }
};

// or an equal share to each.
template <class T>
struct ToAll {
  using V = Vec<T>;
  typename V::Reg share;

  ToAll(const pyconv::PoolRowGradient<T>& p, typename V::Reg dy, int64_t /*at*/, int64_t columns,
        int64_t /*count*/)
      : share(V::div(dy, V::set(static_cast<T>(p.counted_rows * columns)))) {}
  typename V::Reg part(int64_t /*tap*/) const { return share; }
};

// Adds to one row of dx what row `tap_row` of the windows of one output row sends there. Where
// windows do not overlap, `assign` stores instead of adding.
template <class T, class Sender>
void pool_row_backward(const pyconv::PoolRowGradient<T>& given) {
  const pyconv::PoolRowGradient<T> p = given;
  using V = Vec<T>;
  for (int64_t j = 0; j < p.ow; ++j) {
    const int64_t left = j * p.sw - p.left;
    const Span columns = clip_taps(left, p.kw, p.w);
    const int64_t counted = counted_taps(left, p.kw, p.counted_left, p.counted_right);
    for (int64_t channel = 0; channel < p.c; channel += V::width) {
      const int64_t count = p.c - channel < V::width ? p.c - channel : V::width;
      const int64_t at = j * p.c + channel;
      const Sender sender(p, load_first(p.dy + at, count), at, counted, count);
      for (int64_t s = columns.first; s < columns.last; ++s) {
        T* to = p.dx + (left + s) * p.c + channel;
        typename V::Reg part = sender.part(p.tap_row * p.kw + s);
        if (!p.assign) part = V::add(load_first<T>(to, count), part);
        store_first(to, part, count);
      }
    }
  }
}

// The average's gradient for a row of one channel.
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
