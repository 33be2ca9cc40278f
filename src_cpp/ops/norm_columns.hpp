// SPDX-License-Identifier: BSD-3-Clause
// What the rows of images have for each of their columns, in double.
#pragma once

#include <cmath>

#include "arena.hpp"
#include "kernels.hpp"
#include "ops/norm_blocks.hpp"

namespace pyconv {

class NormColumnMemory {
 public:
  NormColumnMemory(const NormBlocks& blocks, int64_t images)
      : blocks_(blocks), width_(blocks.columns()), memory_(kKinds * width_ * images) {}

  NormColumns columns(int64_t place) {
    return {at(place, kCentre), at(place, kScale), at(place, kShift), at(place, kOffset),
            at(place, kSlope)};
  }

  // Sets what the forward has: y = (x - centre) scale + shift.
  template <class T>
  void set(int64_t place, const double* mean, const double* variance, const T* gamma, const T* beta,
           double epsilon) {
    double *const centre = at(place, kCentre), *const scale = at(place, kScale),
                  *const shift = at(place, kShift);
    const int64_t channels = blocks_.group_channels();
    for (int64_t g = 0, j = 0; g < blocks_.shape.groups; ++g) {
      const double inverse = 1 / std::sqrt(variance[g] + epsilon);
      for (const int64_t end = j + channels; j < end; ++j) {
        centre[j] = mean[g];
        scale[j] = gamma ? double(gamma[j]) * inverse : inverse;
        shift[j] = beta ? double(beta[j]) : 0.0;
      }
    }
    for (double* values : {centre, scale, shift}) blocks_.repeat(values);
  }

  // Sets what the gradient has besides, from the sums (2, c) over an image of dz and of
  // dz (x - mean): dx = dz scale - offset - (x - centre) slope.
  template <class T>
  void set_gradient(int64_t place, const double* variance, const T* gamma, double epsilon,
                    bool fixed, const double* sums) {
    double *const offset = at(place, kOffset), *const slope = at(place, kSlope);
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
      std::fill_n(offset + j - channels, channels, mean);
      std::fill_n(slope + j - channels, channels, along);
    }
    blocks_.repeat(offset);
    blocks_.repeat(slope);
  }

 private:
  enum Kind { kCentre, kScale, kShift, kOffset, kSlope, kKinds };
  double* at(int64_t place, Kind kind) { return memory_.data() + (place * kKinds + kind) * width_; }

  const NormBlocks& blocks_;
  int64_t width_;
  Scratch<double> memory_;
};

}  // namespace pyconv
