// SPDX-License-Identifier: BSD-3-Clause
// Where an element of an image batch lies, in either layout.
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

// The place of an element in (n, h, w, c) or (n, c, h, w) order.
struct Place {
  int64_t image, h, w, channel;
};

__device__ __forceinline__ Place place_of(int64_t i, int64_t h, int64_t w, int64_t c,
                                          bool channels_first) {
  if (channels_first) return {i / (w * h * c), i / w % h, i % w, i / (w * h) % c};
  return {i / (c * w * h), i / (c * w) % h, i / c % w, i % c};
}

__device__ __forceinline__ int64_t offset_of(const Place& place, int64_t h, int64_t w, int64_t c,
                                             bool channels_first) {
  return channels_first ? ((place.image * c + place.channel) * h + place.h) * w + place.w
                        : ((place.image * h + place.h) * w + place.w) * c + place.channel;
}

}  // namespace pyconv
