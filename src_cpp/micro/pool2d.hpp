// SPDX-License-Identifier: BSD-3-Clause
// Pooling of one row of windows. Channels are lanes; in a plane of a channels_first image,
// neighbouring windows are.
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

// Which of two values wins a window; a NaN beats all.
struct Larger {
  template <class V>
  static typename V::Mask beats(typename V::Reg value, typename V::Reg best) {
    return V::not_at_most(value, best);
  }
};
struct Smaller {
  template <class V>
  static typename V::Mask beats(typename V::Reg value, typename V::Reg best) {
    return V::not_at_most(best, value);
  }
};

// What a pooling does with the pixels of its windows, a lane each, in row-major order: the best
// one, and where it stood.
template <class T, class Better, bool WithOffsets>
struct Best {
  using V = Vec<T>;
  static constexpr int64_t taken = 1;  // pixels, by begin()
  static constexpr int vecs = 4;       // side by side, at most
  typename V::Reg best, where;

  void begin(typename V::Reg first, int64_t tap) {
    best = first;
    where = V::set(static_cast<T>(tap));
  }
  void take(typename V::Reg value, int64_t tap) {
    // A NaN wins over a number; the first NaN and the first of equals stay.
    const typename V::Mask wins =
        V::and_not(Better::template beats<V>(value, best), V::is_nan(best));
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
  static constexpr int vecs = kRegisters == 32 ? 8 : 4;
  typename V::Reg sum, row;

  void begin(typename V::Reg /*first*/, int64_t /*tap*/) { sum = row = V::zero(); }
  void take(typename V::Reg value, int64_t /*tap*/) { row = V::add(row, value); }
  void end_row() {
    sum = V::add(sum, row);
    row = V::zero();
  }
  void store(const pyconv::PoolRow<T>& p, int64_t at, int64_t columns, int64_t count) {
    store_first(p.y + at, V::div(sum, V::set(static_cast<T>(p.counted_rows * columns))), count);
  }
};

// `Vecs` vectors of windows, the last one of `count` lanes; `x` is the first lane's first pixel
// inside. Kh x Kw windows lie inside the image; 0 x 0 are of any size.
template <class T, class Pool, int Step, int Kh, int Kw, int Vecs>
[[gnu::always_inline]] inline void pool_window(const pyconv::PoolRow<T>& p, const T* x,
                                               const Span& rows, const Span& columns, int64_t left,
                                               int64_t at, int64_t count) {
  constexpr int width = Vec<T>::width;
  const auto lanes = [&](const T* from, int v) {
    return load_lanes<T, Step>(from + v * width, p.sw, v == Vecs - 1 ? count : width);
  };
  Pool pool[Vecs];
  PYCONV_UNROLL
  for (int v = 0; v < Vecs; ++v) {
    pool[v].begin(lanes(x, v), Kh > 0 ? 0 : rows.first * p.kw + columns.first);
  }
  if constexpr (Kh > 0) {
    PYCONV_UNROLL
    for (int t = Pool::taken; t < Kh * Kw; ++t) {
      const T* pixel = x + t / Kw * p.row_pitch + t % Kw * p.pixel_pitch;
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) {
        pool[v].take(lanes(pixel, v), t);
        if (t % Kw == Kw - 1) pool[v].end_row();
      }
    }
  } else {
    int64_t first = columns.first + Pool::taken;
    for (int64_t r = rows.first; r < rows.last; ++r, first = columns.first, x += p.row_pitch) {
      const T* pixel = x + (first - columns.first) * p.pixel_pitch;
      for (int64_t s = first; s < columns.last; ++s, pixel += p.pixel_pitch) {
        PYCONV_UNROLL
        for (int v = 0; v < Vecs; ++v) pool[v].take(lanes(pixel, v), r * p.kw + s);
      }
      PYCONV_UNROLL
      for (int v = 0; v < Vecs; ++v) pool[v].end_row();
    }
  }
  const int64_t counted = counted_taps(left, p.kw, p.counted_left, p.counted_right);
  PYCONV_UNROLL
  for (int v = 0; v < Vecs; ++v) {
    pool[v].store(p, at + v * width, counted, v == Vecs - 1 ? count : width);
  }
}

template <int N>
struct Number {
  static constexpr int value = N;
};

// Vectors of a pixel's c channels: the last one overlaps that before it, for the same lanes come
// out the same. Fewer channels than lanes go as a whole vector where there is room: the next
// pixels overwrite what is beyond.
template <class T, int Vecs, class Body>
[[gnu::always_inline]] inline void for_each_vector(int64_t c, int64_t room, Body&& body) {
  using One = Number<1>;
  constexpr int64_t width = Vec<T>::width;
  if (c < width) {
    if (room >= width) return body(One(), int64_t(0), width);
    return body(One(), int64_t(0), c);
  }
  int64_t channel = 0;
  if constexpr (Vecs > 1) {
    for (; channel + Vecs * width <= c; channel += Vecs * width) {
      body(Number<Vecs>(), channel, width);
    }
  }
  for (; channel + width <= c; channel += width) body(One(), channel, width);
  if (channel < c) body(One(), c - width, width);
}

// A row is copied first: the compiler must think that stores of vectors change what is referred to.
template <class T, class Pool, int Kh, int Kw>
void pool_row_of(const pyconv::PoolRow<T>& given) {
  const pyconv::PoolRow<T> p = given;
  const Span rows = clip_taps(p.origin_h, p.kh, p.h);
  const bool tall = rows.last - rows.first == p.kh;
  for (int64_t j = 0; j < p.ow; ++j) {
    const int64_t left = j * p.sw - p.left;
    const Span columns = clip_taps(left, p.kw, p.w);
    const T* x =
        p.x + (p.origin_h + rows.first) * p.row_pitch + (left + columns.first) * p.pixel_pitch;
    const int64_t wide = (p.w - (left + columns.last - 1)) * p.c;
    const int64_t room = wide < (p.ow - j) * p.c ? wide : (p.ow - j) * p.c;
    if (Kh > 0 && tall && columns.last - columns.first == p.kw) {
      for_each_vector<T, Kh * Kw <= 4 ? 1 : Pool::vecs>(
          p.c, room, [&](auto vecs, int64_t channel, int64_t count) {
            pool_window<T, Pool, 1, Kh, Kw, decltype(vecs)::value>(p, x + channel, rows, columns,
                                                                   left, j * p.c + channel, count);
          });
    } else {
      for_each_vector<T, Pool::vecs>(p.c, room, [&](auto vecs, int64_t channel, int64_t count) {
        pool_window<T, Pool, 1, 0, 0, decltype(vecs)::value>(p, x + channel, rows, columns, left,
                                                             j * p.c + channel, count);
      });
    }
  }
}

template <class T, class Pool>
void pool_row(const pyconv::PoolRow<T>& p) {
  if (p.kh == 2 && p.kw == 2) return pool_row_of<T, Pool, 2, 2>(p);
  if (p.kh == 3 && p.kw == 3) return pool_row_of<T, Pool, 3, 3>(p);
  pool_row_of<T, Pool, 0, 0>(p);
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
    pool_window<T, Pool, Step, 0, 0, 1>(p, x, rows, columns, left, j, count);
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

}  // namespace
