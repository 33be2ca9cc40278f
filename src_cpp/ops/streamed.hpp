// SPDX-License-Identifier: BSD-3-Clause
// Which results go past the caches.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace pyconv {

// Results of this size are not found in a cache by who reads them: each of their lines would be
// read from memory before it is written, for nothing.
constexpr int64_t kStreamedBytes = int64_t(24) << 20;

// `elements` from `to` on, in pieces that begin and end at multiples of `distances` elements.
template <class T>
bool is_streamed(const T* to, int64_t elements, std::initializer_list<int64_t> distances) {
  constexpr int64_t line = 64 / int64_t(sizeof(T));
  bool whole = reinterpret_cast<uintptr_t>(to) % 64 == 0;
  for (const int64_t distance : distances) whole &= distance % line == 0;
  return whole && elements * int64_t(sizeof(T)) >= kStreamedBytes;
}

}  // namespace pyconv
