// SPDX-License-Identifier: BSD-3-Clause
// blend.hpp's sums on a decoded picture: rows of bytes, then pixels of four floats each.
#pragma once

#include "kernels.hpp"
#include "micro/blend.hpp"

namespace {

inline void blend_bytes(const uint8_t* lower, const uint8_t* upper, float rest, float fraction,
                        float* y, int64_t count) {
  using V = Vec<float>;
  const V::Reg rests = V::set(rest), fractions = V::set(fraction);
  for (int64_t i = 0; i < count; i += V::width) {
    const int64_t left = count - i;
    store_first(y + i,
                blended<float>(V::load_bytes(lower + i, left), V::load_bytes(upper + i, left),
                               rests, fractions),
                left);
  }
}

// A vector of pixels; a row's last ones go through an array, nothing is written beyond them.
template <int kStored>
void blend_four(const float* row, const pyconv::Quads& places, int64_t count, float* y) {
  using V = Vec<float>;
  constexpr int64_t kPixels = V::width / 4;
  const auto pixels = [&](int64_t j) {
    return blended<float>(V::load_quads(row, places.lower + j),
                          V::load_quads(row, places.upper + j), V::load(places.rest + 4 * j),
                          V::load(places.fraction + 4 * j));
  };
  const auto store = [](float* to, V::Reg a) {
    if constexpr (kStored == 3) {
      V::store_triples(to, a);
    } else {
      V::store(to, a);
    }
  };
  int64_t j = 0;
  for (; j + kPixels < count; j += kPixels) store(y + kStored * j, pixels(j));
  float last[V::width];
  store(last, pixels(j));
  for (int64_t i = 0; i < kStored * (count - j); ++i) y[kStored * j + i] = last[i];
}

constexpr pyconv::PixelKernels pixel_kernels() {
  return {&blend_bytes, &blend_four<3>, &blend_four<4>};
}

}  // namespace
