// SPDX-License-Identifier: BSD-3-Clause
// How element-wise operations share their elements among tasks.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {

// Calls body(first, count) for pieces of `size` elements; `arrays` of T are read and written.
template <class T, class Body>
void for_each_piece(int64_t size, int64_t arrays, Body&& body) {
  constexpr int64_t kPiece = 1 << 14;
  parallel_for(ceil_div(size, kPiece), arrays * size * int64_t(sizeof(T)), [&](int64_t piece) {
    const int64_t first = piece * kPiece;
    body(first, std::min(kPiece, size - first));
  });
}

}  // namespace pyconv
