// SPDX-License-Identifier: BSD-3-Clause
// Between two values: a * rest + b * fraction, kept within them, so that a white picture stays
// white. Products and sum are rounded one by one, in vectors and out of them alike.
#pragma once

#include "kernels.hpp"
#include "micro/move.hpp"

namespace {

// The order of the comparisons lets a NaN through.
template <class T>
inline typename Vec<T>::Reg blended(typename Vec<T>::Reg a, typename Vec<T>::Reg b,
                                    typename Vec<T>::Reg rest, typename Vec<T>::Reg fraction) {
  using V = Vec<T>;
  const typename V::Reg sum = V::add(V::mul(a, rest), V::mul(b, fraction));
  return V::max(V::min(a, b), V::min(V::max(a, b), sum));
}

template <class T>
void blend_rows(const T* lower, const T* upper, T rest, T fraction, T* y, int64_t count) {
  using V = Vec<T>;
  const typename V::Reg rests = V::set(rest), fractions = V::set(fraction);
  for (int64_t i = 0; i < count; i += V::width) {
    const int64_t left = count - i;
    const typename V::Reg sum =
        blended<T>(load_first(lower + i, left), load_first(upper + i, left), rests, fractions);
    store_first(y + i, sum, left);
  }
}

constexpr int64_t kBlended = 256;  // elements side by side at a time

// Neighbours of so few elements are laid side by side first, with their weights.
template <int kChannels, class T>
inline void blend_few(const T* row, const pyconv::Blend<T>* places, int64_t count, T* y) {
  using V = Vec<T>;
  constexpr int64_t kPixels = kBlended / kChannels;
  alignas(64) T lower[kBlended], upper[kBlended], rest[kBlended], fraction[kBlended];
  for (int64_t first = 0; first < count; first += kPixels, y += kPixels * kChannels) {
    const int64_t pixels = kPixels < count - first ? kPixels : count - first;
    for (int64_t j = 0; j < pixels; ++j) {
      const pyconv::Blend<T>& place = places[first + j];
      PYCONV_UNROLL
      for (int k = 0; k < kChannels; ++k) {
        lower[j * kChannels + k] = row[place.lower * kChannels + k];
        upper[j * kChannels + k] = row[place.upper * kChannels + k];
        rest[j * kChannels + k] = place.rest;
        fraction[j * kChannels + k] = place.fraction;
      }
    }
    const int64_t elements = pixels * kChannels;
    for (int64_t i = 0; i < elements; i += V::width) {
      const typename V::Reg sum = blended<T>(V::load(lower + i), V::load(upper + i),
                                             V::load(rest + i), V::load(fraction + i));
      store_first(y + i, sum, elements - i);
    }
  }
}

template <class T>
void blend_pixels(const T* row, const pyconv::Blend<T>* places, int64_t count, int64_t c, T* y) {
  if (c == 1) return blend_few<1>(row, places, count, y);
  if (c == 3) return blend_few<3>(row, places, count, y);
  for (int64_t j = 0; j < count; ++j, y += c) {
    blend_rows(row + places[j].lower * c, row + places[j].upper * c, places[j].rest,
               places[j].fraction, y, c);
  }
}

}  // namespace
