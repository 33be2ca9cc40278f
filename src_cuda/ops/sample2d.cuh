// SPDX-License-Identifier: BSD-3-Clause
// y = images read at other places than their pixels: resized, or through affine maps. Forward: one
// thread, one element of y. Backward of resize: one thread gathers for one element of dx. Backward
// of affine_sample: one thread adds a whole channel of an image, in the order of dy.
#pragma once

#include "ops/place.cuh"

namespace pyconv {

// The one or two pixels of an axis that a coordinate lies on or between; -1 is beyond the image.
struct SampleTaps {
  int64_t at[2];
  double weight[2];
  int count;
};

__device__ __forceinline__ SampleTaps sample_taps(int64_t lower, int64_t upper, double rest,
                                                  double fraction) {
  if (fraction == 0 || lower == upper) return {{lower, 0}, {1, 0}, 1};
  return {{lower, upper}, {rest, fraction}, 2};
}

__device__ __forceinline__ SampleTaps resize_taps(int64_t i, int64_t size, int64_t output,
                                                  Interpolation interpolation) {
  const int64_t twice = (2 * i + 1) * size;
  if (interpolation == Interpolation::kNearest) return {{twice / (2 * output), 0}, {1, 0}, 1};
  const int64_t place = twice > output ? twice - output : 0;
  const int64_t lower = place / (2 * output);
  const int64_t beyond = place - lower * 2 * output;
  const double whole = static_cast<double>(2 * output);
  return sample_taps(lower, lower + 1 < size ? lower + 1 : size - 1,
                     static_cast<double>(2 * output - beyond) / whole,
                     static_cast<double>(beyond) / whole);
}

__device__ __forceinline__ int64_t modulo(int64_t index, int64_t size) {
  const int64_t rest = index % size;
  return rest < 0 ? rest + size : rest;
}

__device__ __forceinline__ int64_t filled_index(int64_t index, int64_t size, FillMode fill_mode) {
  if (index >= 0 && index < size) return index;
  if (fill_mode == FillMode::kConstant) return -1;
  if (fill_mode == FillMode::kWrap) return modulo(index, size);
  if (fill_mode == FillMode::kNearest) return index < 0 ? 0 : size - 1;
  const int64_t folded = modulo(index, 2 * size);
  return folded < size ? folded : 2 * size - 1 - folded;
}

__device__ __forceinline__ SampleTaps affine_taps(double coordinate, int64_t size,
                                                  Interpolation interpolation, FillMode mode) {
  constexpr double kFarthest = 1099511627776.0;  // beyond, a fraction means nothing; NaN goes there
  if (!(coordinate > -kFarthest)) coordinate = -kFarthest;
  if (coordinate > kFarthest) coordinate = kFarthest;
  if (interpolation == Interpolation::kNearest) {
    const int64_t index = static_cast<int64_t>(rint(coordinate));
    return {{filled_index(index, size, mode), 0}, {1, 0}, 1};
  }
  const double lower = floor(coordinate);
  const int64_t index = static_cast<int64_t>(lower);
  const double fraction = coordinate - lower;
  return sample_taps(filled_index(index, size, mode), filled_index(index + 1, size, mode),
                     1 - fraction, fraction);
}

template <class T>
struct SampleParams {
  Global<const T> from;      // forward: x, backward: dy
  Global<const T> matrices;  // (n, 2, 3), or null: a resize
  Global<T> to;              // forward: y, backward: dx
  Window window;
  Interpolation interpolation;
  FillMode fill_mode;
  double fill_value;
};

// The taps of output pixel (h, w) along one axis: 0 the columns, 1 the rows.
template <class T>
__device__ __forceinline__ SampleTaps taps_of(const SampleParams<T>& p, int axis, int64_t image,
                                              int64_t h, int64_t w) {
  const int64_t size = axis == 0 ? p.window.w : p.window.h;
  if (p.matrices == nullptr) {
    return axis == 0 ? resize_taps(w, size, p.window.ow, p.interpolation)
                     : resize_taps(h, size, p.window.oh, p.interpolation);
  }
  const int64_t at = 6 * image + 3 * axis;
  const double a = p.matrices[at], b = p.matrices[at + 1], c = p.matrices[at + 2];
  const double coordinate = a * static_cast<double>(w) + b * static_cast<double>(h) + c;
  return affine_taps(coordinate, size, p.interpolation, p.fill_mode);
}

template <class T>
__global__ void sample2d_kernel(SampleParams<T> p) {
  const Window& window = p.window;
  const bool channels_first = window.channels_first != 0;
  const int64_t i = global_thread();
  if (i >= window.n * window.oh * window.ow * window.c) return;
  Place place = place_of(i, window.oh, window.ow, window.c, channels_first);
  const SampleTaps rows = taps_of(p, 1, place.image, place.h, place.w);
  const SampleTaps columns = taps_of(p, 0, place.image, place.h, place.w);
  double outside = 0;
  T sum = 0;
#pragma unroll
  for (int r = 0; r < 2; ++r) {
#pragma unroll
    for (int s = 0; s < 2; ++s) {
      if (r >= rows.count || s >= columns.count) continue;
      const double weight = rows.weight[r] * columns.weight[s];
      if (rows.at[r] < 0 || columns.at[s] < 0) {
        outside += weight;
        continue;
      }
      place.h = rows.at[r];
      place.w = columns.at[s];
      const int64_t at = offset_of(place, window.h, window.w, window.c, channels_first);
      sum += static_cast<T>(weight) * p.from[at];
    }
  }
  if (outside > 0) sum += static_cast<T>(outside * p.fill_value);
  p.to[i] = sum;
}

// The share of tap `at`, 0 where the taps do not hold it.
__device__ __forceinline__ double weight_of(const SampleTaps& taps, int64_t at) {
  if (taps.at[0] == at) return taps.weight[0];
  return taps.count == 2 && taps.at[1] == at ? taps.weight[1] : 0;
}

// The first output pixel, and one past the last, that can have pixel `at` of an axis as a tap.
__device__ __forceinline__ int64_t reach_begin(int64_t at, int64_t size, int64_t output) {
  const int64_t begin = at == 0 ? 0 : (2 * at - 1) * output / (2 * size) - 1;
  return begin < 0 ? 0 : begin;
}
__device__ __forceinline__ int64_t reach_end(int64_t at, int64_t size, int64_t output) {
  const int64_t end = (2 * at + 3) * output / (2 * size) + 2;
  return end < output ? end : output;
}

template <class T>
__global__ void resize_backward_kernel(SampleParams<T> p) {
  const Window& window = p.window;
  const bool channels_first = window.channels_first != 0;
  const int64_t i = global_thread();
  if (i >= window.n * window.h * window.w * window.c) return;
  Place place = place_of(i, window.h, window.w, window.c, channels_first);
  const int64_t row = place.h;
  const int64_t column = place.w;
  T sum = 0;
  for (place.h = reach_begin(row, window.h, window.oh);
       place.h < reach_end(row, window.h, window.oh); ++place.h) {
    const double down = weight_of(resize_taps(place.h, window.h, window.oh, p.interpolation), row);
    if (down == 0) continue;
    for (place.w = reach_begin(column, window.w, window.ow);
         place.w < reach_end(column, window.w, window.ow); ++place.w) {
      const double across =
          weight_of(resize_taps(place.w, window.w, window.ow, p.interpolation), column);
      if (across == 0) continue;
      const int64_t at = offset_of(place, window.oh, window.ow, window.c, channels_first);
      sum += static_cast<T>(down * across) * p.from[at];
    }
  }
  p.to[i] = sum;
}

template <class T>
__global__ void affine_sample_backward_kernel(SampleParams<T> p) {
  const Window& window = p.window;
  const bool channels_first = window.channels_first != 0;
  const int64_t i = global_thread();
  if (i >= window.n * window.c) return;
  Place to = {i / window.c, 0, 0, i % window.c};
  for (to.h = 0; to.h < window.h; ++to.h) {
    for (to.w = 0; to.w < window.w; ++to.w) {
      p.to[offset_of(to, window.h, window.w, window.c, channels_first)] = 0;
    }
  }
  Place from = to;
  for (from.h = 0; from.h < window.oh; ++from.h) {
    for (from.w = 0; from.w < window.ow; ++from.w) {
      const SampleTaps rows = taps_of(p, 1, from.image, from.h, from.w);
      const SampleTaps columns = taps_of(p, 0, from.image, from.h, from.w);
      const T dy = p.from[offset_of(from, window.oh, window.ow, window.c, channels_first)];
#pragma unroll
      for (int r = 0; r < 2; ++r) {
#pragma unroll
        for (int s = 0; s < 2; ++s) {
          if (r >= rows.count || s >= columns.count) continue;
          if (rows.at[r] < 0 || columns.at[s] < 0) continue;
          to.h = rows.at[r];
          to.w = columns.at[s];
          p.to[offset_of(to, window.h, window.w, window.c, channels_first)] +=
              static_cast<T>(rows.weight[r] * columns.weight[s]) * dy;
        }
      }
    }
  }
}

}  // namespace pyconv
