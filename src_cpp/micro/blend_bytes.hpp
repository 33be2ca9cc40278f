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
  const auto sums = [&](int64_t i, int64_t left) {
    return blended<float>(V::load_bytes(lower + i, left), V::load_bytes(upper + i, left), rests,
                          fractions);
  };
  int64_t i = 0;
  for (; i + V::width <= count; i += V::width) V::store(y + i, sums(i, V::width));
  if (i < count) store_first(y + i, sums(i, count - i), count - i);
}

// A vector of pixels; of a row's last ones nothing is written beyond them.
template <int kStored>
void blend_four(const float* row, const pyconv::Quads& quads, int64_t count, float* y) {
  using V = Vec<float>;
  constexpr int64_t kPixels = V::width / 4;
  const int64_t* places = quads.places;
  const float *rest = quads.rest, *fraction = quads.fraction;
  const auto pixels = [&](int64_t j) {
    V::Reg first, second;
    V::load_octets(row, places + j, first, second);
    return blended<float>(first, second, V::load(rest + 4 * j), V::load(fraction + 4 * j));
  };
  int64_t j = 0;
  for (; j + kPixels < count; j += kPixels) {
    if constexpr (kStored == 3) {
      V::store_triples(y + 3 * j, pixels(j));
    } else {
      V::store(y + 4 * j, pixels(j));
    }
  }
  const V::Reg last = pixels(j);
  store_first(y + kStored * j, kStored == 3 ? V::triples(last) : last, kStored * (count - j));
}

constexpr pyconv::PixelKernels pixel_kernels() {
  return {&blend_bytes, &blend_four<3>, &blend_four<4>};
}

}  // namespace
