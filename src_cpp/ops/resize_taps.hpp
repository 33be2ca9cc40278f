// SPDX-License-Identifier: BSD-3-Clause
// Where the pixels of a resized axis come from.
#pragma once

#include <algorithm>
#include <cstdint>

#include "geometry.hpp"
#include "kernels.hpp"

namespace pyconv {

// The one or two pixels of an axis that a coordinate lies on or between; -1 is beyond the image.
struct Taps {
  int64_t at[2];
  double weight[2];
  int count;
};

inline Taps two_taps(int64_t lower, int64_t upper, double rest, double fraction) {
  if (fraction == 0 || lower == upper) return {{lower, 0}, {1, 0}, 1};
  return {{lower, upper}, {rest, fraction}, 2};
}

// The centre of output pixel i lies at (i + 1/2) size / output - 1/2; whole numbers keep it exact,
// and each weight is rounded once: 1 - fraction would lose the digits of a small one.
inline Taps resize_taps(int64_t i, int64_t size, int64_t output, Interpolation interpolation) {
  const int64_t twice = (2 * i + 1) * size;
  if (interpolation == Interpolation::kNearest) return {{twice / (2 * output), 0}, {1, 0}, 1};
  const int64_t place = std::max<int64_t>(twice - output, 0);
  const int64_t lower = place / (2 * output);
  const int64_t beyond = place - lower * 2 * output;
  return two_taps(lower, std::min(lower + 1, size - 1),
                  double(2 * output - beyond) / double(2 * output),
                  double(beyond) / double(2 * output));
}

template <class T>
Blend<T> blend_of(const Taps& taps) {
  // Halves of one value, kept within it, are the value: infinite, tiny or a zero's sign alike.
  if (taps.count == 1) return {taps.at[0], taps.at[0], T(0.5), T(0.5)};
  return {taps.at[0], taps.at[1], static_cast<T>(taps.weight[0]), static_cast<T>(taps.weight[1])};
}

}  // namespace pyconv
