// SPDX-License-Identifier: BSD-3-Clause
#include "ops/sample2d.hpp"

#include <algorithm>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/layout.hpp"
#include "ops/resize_taps.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

int64_t modulo(int64_t index, int64_t size) {
  const int64_t rest = index % size;
  return rest < 0 ? rest + size : rest;
}

int64_t filled_index(int64_t index, int64_t size, FillMode fill_mode) {
  if (index >= 0 && index < size) return index;
  switch (fill_mode) {
    case FillMode::kConstant:
      return -1;
    case FillMode::kReflect: {
      const int64_t folded = modulo(index, 2 * size);
      return std::min(folded, 2 * size - 1 - folded);
    }
    case FillMode::kWrap:
      return modulo(index, size);
    default:
      return std::clamp<int64_t>(index, 0, size - 1);
  }
}

// Beyond this a coordinate's fraction means nothing; NaN goes there too.
constexpr double kFarthest = double(int64_t(1) << 40);

// Adding it leaves no room for a fraction: the sum is rounded, halves to even.
constexpr double kNoFraction = 1.5 * double(int64_t(1) << 52);

Taps affine_taps(double coordinate, int64_t size, Interpolation interpolation, FillMode fill_mode) {
  if (!(coordinate > -kFarthest)) coordinate = -kFarthest;
  if (coordinate > kFarthest) coordinate = kFarthest;
  if (interpolation == Interpolation::kNearest) {
    const auto index = static_cast<int64_t>((coordinate + kNoFraction) - kNoFraction);
    return {{filled_index(index, size, fill_mode), 0}, {1, 0}, 1};
  }
  auto index = static_cast<int64_t>(coordinate);
  if (coordinate < double(index)) --index;  // towards zero, then down: the floor
  const double fraction = coordinate - double(index);
  return two_taps(filled_index(index, size, fill_mode), filled_index(index + 1, size, fill_mode),
                  1 - fraction, fraction);
}

template <class T>
void sample_at(const Taps& rows, const Taps& columns, int64_t width, double fill_value,
               SampledPixel<T>& pixel) {
  pixel.count = 0;
  pixel.constant = 0;
  double outside = 0;
  for (int r = 0; r < rows.count; ++r) {
    for (int s = 0; s < columns.count; ++s) {
      const double weight = rows.weight[r] * columns.weight[s];
      if (rows.at[r] < 0 || columns.at[s] < 0) {
        outside += weight;
        continue;
      }
      pixel.from[pixel.count] = rows.at[r] * width + columns.at[s];
      pixel.weight[pixel.count++] = static_cast<T>(weight);
    }
  }
  if (outside > 0) pixel.constant = static_cast<T>(outside * fill_value);
}

// A sampler says what `count` output pixels from (i, j) of an image are made of.
struct Resize {
  const Window& w;
  Interpolation interpolation;

  template <class T>
  void stretch(int64_t /*image*/, int64_t i, int64_t j, int64_t count,
               SampledPixel<T>* pixels) const {
    const Taps rows = resize_taps(i, w.h, w.oh, interpolation);
    for (int64_t k = 0; k < count; ++k) {
      sample_at(rows, resize_taps(j + k, w.w, w.ow, interpolation), w.w, 0, pixels[k]);
    }
  }
};

template <class Matrix>
struct Affine {
  const Window& w;
  const Matrix* matrices;
  Interpolation interpolation;
  FillMode fill_mode;
  double fill_value;

  template <class T>
  void stretch(int64_t image, int64_t i, int64_t j, int64_t count, SampledPixel<T>* pixels) const {
    const Matrix* m = matrices + 6 * image;
    const double right = double(m[1]) * double(i), down = double(m[4]) * double(i);
    for (int64_t k = 0; k < count; ++k) {
      const double x = double(m[0]) * double(j + k) + right + double(m[2]);
      const double y = double(m[3]) * double(j + k) + down + double(m[5]);
      if (!sample_inside(x, y, pixels[k])) {
        sample_at(affine_taps(y, w.h, interpolation, fill_mode),
                  affine_taps(x, w.w, interpolation, fill_mode), w.w, fill_value, pixels[k]);
      }
    }
  }

  // The usual case of sample_at, the same to the bit: four pixels, all of the image.
  template <class T>
  bool sample_inside(double x, double y, SampledPixel<T>& pixel) const {
    if (interpolation != Interpolation::kBilinear) return false;
    if (!(x > 0 && y > 0 && x < double(w.w - 1) && y < double(w.h - 1))) return false;
    const auto column = static_cast<int64_t>(x), row = static_cast<int64_t>(y);
    const double across = x - double(column), down = y - double(row);
    if (across == 0 || down == 0) return false;
    const int64_t first = row * w.w + column;
    pixel.from[0] = first;
    pixel.from[1] = first + 1;
    pixel.from[2] = first + w.w;
    pixel.from[3] = first + w.w + 1;
    pixel.weight[0] = static_cast<T>((1 - down) * (1 - across));
    pixel.weight[1] = static_cast<T>((1 - down) * across);
    pixel.weight[2] = static_cast<T>(down * (1 - across));
    pixel.weight[3] = static_cast<T>(down * across);
    pixel.count = 4;
    pixel.constant = 0;
    return true;
  }
};

constexpr int64_t kPixels = 64;    // sampled at a time
constexpr int64_t kChannels = 64;  // of a task of the gradient

// Calls body(first column, pixels, how many) for stretches of one output row.
template <class T, class Sampler, class Body>
void for_each_stretch(const Sampler& sampler, int64_t image, int64_t i, Body&& body) {
  SampledPixel<T> pixels[kPixels];
  for (int64_t j = 0; j < sampler.w.ow; j += kPixels) {
    const int64_t count = std::min(kPixels, sampler.w.ow - j);
    sampler.stretch(image, i, j, count, pixels);
    body(j, pixels, count);
  }
}

bool must_transpose(const Window& w) { return w.channels_first && w.c > 1; }

template <class T, class Sampler>
void sample(const T* x, T* y, const Sampler& sampler) {
  const Window& w = sampler.w;
  if (w.output_pixels() * w.c == 0) return;
  const KernelTable<T>& table = kernel_table_of<T>();
  const ChannelsLast<T> from(x, w.n, w.h * w.w, w.c, must_transpose(w));
  ChannelsLastOutput<T> to(y, w.n, w.oh * w.ow, w.c, must_transpose(w));
  const int64_t rows = w.n * w.oh;
  parallel_for(rows, 8 * rows * w.ow * w.c * int64_t(sizeof(T)), [&](int64_t row) {
    const int64_t image = row / w.oh;
    for_each_stretch<T>(sampler, image, row % w.oh,
                        [&](int64_t j, const auto* pixels, int64_t count) {
                          table.sample_pixels(from.data() + image * w.h * w.w * w.c, pixels, count,
                                              to.data() + (row * w.ow + j) * w.c, w.c, w.c);
                        });
  });
  to.store();
}

// A task owns some channels of an image, so sums run in the order of the output's pixels.
template <class T, class Sampler>
void sample_backward(const T* dy, T* dx, const Sampler& sampler) {
  const Window& w = sampler.w;
  if (w.input_pixels() * w.c == 0) return;
  const KernelTable<T>& table = kernel_table_of<T>();
  const ChannelsLast<T> from(dy, w.n, w.oh * w.ow, w.c, must_transpose(w));
  ChannelsLastOutput<T> to(dx, w.n, w.h * w.w, w.c, must_transpose(w));
  const int64_t pieces = ceil_div(w.c, kChannels);
  const int64_t bytes = w.n * (w.h * w.w + 8 * w.oh * w.ow) * w.c * int64_t(sizeof(T));
  parallel_for(w.n * pieces, bytes, [&](int64_t task) {
    const int64_t image = task / pieces;
    const int64_t channel = task % pieces * kChannels;
    const int64_t c = std::min(kChannels, w.c - channel);
    T* target = to.data() + image * w.h * w.w * w.c + channel;
    for (int64_t pixel = 0; pixel < w.h * w.w; ++pixel) std::fill_n(target + pixel * w.c, c, T(0));
    for (int64_t i = 0; i < w.oh; ++i) {
      keep_going();
      const T* source = from.data() + (image * w.oh + i) * w.ow * w.c + channel;
      for_each_stretch<T>(sampler, image, i, [&](int64_t j, const auto* pixels, int64_t count) {
        table.sample_pixels_backward(source + j * w.c, pixels, count, target, w.c, c);
      });
    }
  });
  to.store();
}

}  // namespace

template <class T>
void resize(const T* x, T* y, const Window& window, Interpolation interpolation) {
  // Planes need no transposing: they are images of one channel.
  const int64_t c = window.channels_first ? 1 : window.c;
  if (window.output_pixels() * window.c == 0) return;
  const int64_t images = window.n * window.c / c;
  const KernelTable<T>& table = kernel_table_of<T>();
  Scratch<Blend<T>> columns(window.ow);
  for (int64_t j = 0; j < window.ow; ++j) {
    columns[j] = blend_of<T>(resize_taps(j, window.w, window.ow, interpolation));
  }
  const int64_t width = window.w * c;
  const int64_t rows = images * window.oh;
  parallel_for(rows, 4 * rows * (width + window.ow * c) * int64_t(sizeof(T)), [&](int64_t row) {
    const Blend<T> place =
        blend_of<T>(resize_taps(row % window.oh, window.h, window.oh, interpolation));
    const T* image = x + row / window.oh * window.h * width;
    const T* lower = image + place.lower * width;
    Scratch<T> between(place.lower == place.upper ? 0 : width);
    if (between.data() != nullptr) {
      table.blend_rows(lower, image + place.upper * width, place.rest, place.fraction,
                       between.data(), width);
      lower = between.data();
    }
    table.blend_pixels(lower, columns.data(), window.ow, c, y + row * window.ow * c);
  });
}

template <class T>
void resize_backward(const T* dy, T* dx, const Window& window, Interpolation interpolation) {
  sample_backward(dy, dx, Resize{window, interpolation});
}

template <class T>
void affine_sample(const T* x, const T* matrices, T* y, const Window& window,
                   Interpolation interpolation, FillMode fill_mode, double fill_value) {
  sample(x, y, Affine<T>{window, matrices, interpolation, fill_mode, fill_value});
}

template <class T>
void affine_sample_backward(const T* dy, const T* matrices, T* dx, const Window& window,
                            Interpolation interpolation, FillMode fill_mode) {
  sample_backward(dy, dx, Affine<T>{window, matrices, interpolation, fill_mode, 0});
}

template void resize(const float*, float*, const Window&, Interpolation);
template void resize(const double*, double*, const Window&, Interpolation);
template void resize_backward(const float*, float*, const Window&, Interpolation);
template void resize_backward(const double*, double*, const Window&, Interpolation);
template void affine_sample(const float*, const float*, float*, const Window&, Interpolation,
                            FillMode, double);
template void affine_sample(const double*, const double*, double*, const Window&, Interpolation,
                            FillMode, double);
template void affine_sample_backward(const float*, const float*, float*, const Window&,
                                     Interpolation, FillMode);
template void affine_sample_backward(const double*, const double*, double*, const Window&,
                                     Interpolation, FillMode);

}  // namespace pyconv
