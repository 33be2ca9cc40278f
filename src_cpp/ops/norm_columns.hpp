// SPDX-License-Identifier: BSD-3-Clause
// What the rows of images have for each of their columns: found in double, kept as they are.
#pragma once

#include <cmath>

#include "arena.hpp"
#include "kernels.hpp"
#include "ops/norm_blocks.hpp"

namespace pyconv {

// What the forward has just read, and what the backward has not for long.
constexpr int64_t kJustRead = int64_t(16) << 20, kLongAgo = int64_t(1) << 20;

template <class T>
class NormColumnMemory {
 public:
  // Arrays of more than `near` bytes lie in memory.
  NormColumnMemory(const NormBlocks& blocks, int64_t images, int64_t near)
      : blocks_(blocks),
        width_(blocks.columns()),
        memory_(kKinds * width_ * images),
        far_(blocks.shape.n * blocks.shape.pixels * blocks.shape.c * int64_t(sizeof(T)) > near) {}

  NormColumns<T> columns(int64_t place) {
    return {at(place, kCentre),
            at(place, kRest),
            at(place, kScale),
            at(place, kShift),
            at(place, kOffset),
            at(place, kSlope),
            far_};
  }

  // Sets what the forward has: y = (x - centre) scale + shift.
  void set(int64_t place, const double* mean, const double* variance, const T* gamma, const T* beta,
           double epsilon) {
    T *const centre = at(place, kCentre), *const rest = at(place, kRest),
             *const scale = at(place, kScale), *const shift = at(place, kShift);
    const int64_t channels = blocks_.group_channels();
    for (int64_t g = 0, j = 0; g < blocks_.shape.groups; ++g) {
      const double inverse = 1 / std::sqrt(variance[g] + epsilon);
      for (const int64_t end = j + channels; j < end; ++j) {
        centre[j] = T(mean[g]);
        rest[j] = T(mean[g] - double(centre[j]));
        scale[j] = T(gamma ? double(gamma[j]) * inverse : inverse);
        shift[j] = beta ? beta[j] : T(0);
      }
    }
    for (T* values : {centre, rest, scale, shift}) blocks_.repeat(values);
  }

  // Sets what the gradient has besides, from the sums (2, c) over an image of dz and of
  // dz (x - mean): dx = dz scale - offset - (x - centre) slope.
  void set_gradient(int64_t place, const double* variance, const T* gamma, double epsilon,
                    bool fixed, const double* sums) {
    T *const offset = at(place, kOffset), *const slope = at(place, kSlope);
    const int64_t c = blocks_.shape.c, channels = blocks_.group_channels();
    const double size = blocks_.group_size();
    for (int64_t g = 0, j = 0; g < blocks_.shape.groups; ++g) {
      const double inverse = 1 / std::sqrt(variance[g] + epsilon);
      double sum = 0, product = 0;
      for (const int64_t end = j + channels; j < end; ++j) {
        const double scale = gamma ? double(gamma[j]) : 1.0;
        sum += scale * sums[j];
        product += scale * sums[c + j];
      }
      const double mean = fixed ? 0 : inverse * sum / size;
      const double along = fixed ? 0 : inverse * inverse * inverse * product / size;
      std::fill_n(offset + j - channels, channels, T(mean));
      std::fill_n(slope + j - channels, channels, T(along));
    }
    blocks_.repeat(offset);
    blocks_.repeat(slope);
  }

 private:
  enum Kind { kCentre, kRest, kScale, kShift, kOffset, kSlope, kKinds };
  T* at(int64_t place, Kind kind) { return memory_.data() + (place * kKinds + kind) * width_; }

  const NormBlocks& blocks_;
  int64_t width_;
  Scratch<T> memory_;
  bool far_;
};

}  // namespace pyconv
