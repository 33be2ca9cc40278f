// SPDX-License-Identifier: BSD-3-Clause
// Copies, zeros, adds: runs of elements of any length and alignment.
#pragma once

#include <cstdint>

namespace {

// The first `count` lanes; whole vectors go unmasked, masked stores are slow on some CPUs.
template <class T>
inline typename Vec<T>::Reg load_first(const T* p, int64_t count) {
  return count >= Vec<T>::width ? Vec<T>::load(p) : Vec<T>::load(p, Vec<T>::tail(count));
}

template <class T>
inline void store_first(T* p, typename Vec<T>::Reg a, int64_t count) {
  if (count >= Vec<T>::width) {
    Vec<T>::store(p, a);
  } else {
    Vec<T>::store(p, a, Vec<T>::tail(count));
  }
}

template <class T>
inline T* copy_elements(T* to, const T* from, int64_t count) {
  using V = Vec<T>;
  int64_t i = 0;
  for (; i + V::width <= count; i += V::width) V::store(to + i, V::load(from + i));
  if (i < count) {
    const typename V::Mask mask = V::tail(count - i);
    V::store(to + i, V::load(from + i, mask), mask);
  }
  return to + count;
}

// The same in whole vectors: reads and writes up to a vector beyond the end.
template <class T>
inline T* copy_beyond(T* to, const T* from, int64_t count) {
  using V = Vec<T>;
  for (int64_t i = 0; i < count; i += V::width) V::store(to + i, V::load(from + i));
  return to + count;
}

template <class T>
inline T* zero_elements(T* to, int64_t count) {
  using V = Vec<T>;
  int64_t i = 0;
  for (; i + V::width <= count; i += V::width) V::store(to + i, V::zero());
  if (i < count) V::store(to + i, V::zero(), V::tail(count - i));
  return to + count;
}

// to[i] += from[i]
template <class T>
inline void add_elements(T* to, const T* from, int64_t count) {
  using V = Vec<T>;
  int64_t i = 0;
  for (; i + V::width <= count; i += V::width) {
    V::store(to + i, V::add(V::load(to + i), V::load(from + i)));
  }
  if (i < count) {
    const typename V::Mask mask = V::tail(count - i);
    V::store(to + i, V::add(V::load(to + i, mask), V::load(from + i, mask)), mask);
  }
}

// y[i] = a[i] + b[i]; y may be one of the two.
template <class T>
void add_pairs(const T* a, const T* b, T* y, int64_t count) {
  for (int64_t i = 0; i < count; i += Vec<T>::width) {
    const typename Vec<T>::Reg sum =
        Vec<T>::add(load_first(a + i, count - i), load_first(b + i, count - i));
    store_first(y + i, sum, count - i);
  }
}

// Vectors of one row after the other; differences of finite elements with themselves are zero.
template <class T>
bool copy_rows(const T* from, int64_t from_pitch, T* to, int64_t to_pitch, int64_t rows,
               int64_t columns) {
  using V = Vec<T>;
  typename V::Reg sum = V::zero();
  for (int64_t r = 0; r < rows; ++r, from += from_pitch, to += to_pitch) {
    int64_t i = 0;
    for (; i + V::width <= columns; i += V::width) {
      const typename V::Reg a = V::load(from + i);
      V::store(to + i, a);
      sum = V::add(sum, V::sub(a, a));
    }
    if (i < columns) {
      const typename V::Mask mask = V::tail(columns - i);
      const typename V::Reg a = V::load(from + i, mask);
      V::store(to + i, a, mask);
      sum = V::add(sum, V::sub(a, a));
    }
  }
  T lanes[V::width];
  V::store(lanes, sum);
  bool finite = true;
  for (int64_t i = 0; i < V::width; ++i) finite &= lanes[i] == T(0);
  return finite;
}

// to[i] = from[i * step]
template <class T>
void copy_every(T* to, const T* from, int64_t step, int64_t count) {
  using V = Vec<T>;
  if (step == 1) {
    copy_elements(to, from, count);
  } else if (step == 2) {
    for (int64_t i = 0; i < count; i += V::width) {
      store_first(to + i, V::load_even(from + 2 * i, count - i), count - i);
    }
  } else {
    for (int64_t i = 0; i < count; i += V::width) {
      store_first(to + i, V::load_step(from + step * i, step, count - i), count - i);
    }
  }
}

// A copy that does not pull the target into the caches.
template <class T>
void stream(T* to, const T* from, int64_t count) {
  using V = Vec<T>;
  constexpr uintptr_t bytes = V::width * sizeof(T);
  int64_t head =
      static_cast<int64_t>((bytes - reinterpret_cast<uintptr_t>(to) % bytes) % bytes / sizeof(T));
  if (head > count) head = count;
  copy_elements(to, from, head);
  int64_t i = head;
  for (; i + V::width <= count; i += V::width) V::stream(to + i, V::load(from + i));
  copy_elements(to + i, from + i, count - i);
}

}  // namespace
