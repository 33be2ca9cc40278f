// SPDX-License-Identifier: BSD-3-Clause
#include "ops/separable_conv2d.hpp"

#include <algorithm>

#include "arena.hpp"
#include "ops/activation.hpp"
#include "ops/bands.hpp"
#include "ops/conv2d.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Pixels of a band to aim for, and fewer where threads would have too few bands.
constexpr int64_t kBandPixels = 196, kLeastPixels = 98;
constexpr int64_t kBandsPerThread = 4;

// Bands of an image.
int64_t bands_of(const Window& w) {
  const int64_t pixels = w.oh * w.ow;
  const int64_t fair = std::min(kBandsPerThread * num_threads(), w.n * pixels / kLeastPixels);
  const int64_t bands = std::max(ceil_div(pixels, kBandPixels), ceil_div(fair, w.n));
  return std::clamp<int64_t>(bands, 1, w.oh);
}

}  // namespace

template <class T>
void separable_conv2d(const T* x, const FiltersAndEnd<T>& first, const FiltersAndEnd<T>& second,
                      T* y, const Window& depthwise, const Window& point, const T* prepared) {
  const auto both = [&](const T* from, T* between, T* to, const Window& a, const Window& b) {
    conv2d<T>(from, first.kernel, first.bias, nullptr, between, a, Algorithm::kDirect,
              first.activation, nullptr);
    finish_activation(between, a.output_pixels() * a.f, first.activation);
    conv2d<T>(between, second.kernel, second.bias, nullptr, to, b, Algorithm::kDirect,
              second.activation, prepared);
  };
  const Window& w = depthwise;
  const int64_t bands = bands_of(w);
  if (w.n * bands < num_threads()) {
    Scratch<T> between(w.output_pixels() * w.f);
    return both(x, between.data(), y, depthwise, point);
  }
  const int64_t work = 2 * w.output_pixels() * w.f * (w.taps() + point.f);
  parallel_for(w.n * bands, work, [&](int64_t task) {
    const int64_t image = task / bands, band = task % bands;
    const int64_t begin = w.oh * band / bands, end = w.oh * (band + 1) / bands;
    Window a = w, b = point;
    a.n = b.n = 1;
    const int64_t top = cut_rows(a, begin, end);
    b.h = b.oh = a.oh;
    Scratch<T> between(a.oh * a.ow * a.f);
    both(x + (image * w.h + top) * w.w * w.c, between.data(),
         y + (image * w.oh + begin) * w.ow * point.f, a, b);
  });
}

template void separable_conv2d(const float*, const FiltersAndEnd<float>&,
                               const FiltersAndEnd<float>&, float*, const Window&, const Window&,
                               const float*);
template void separable_conv2d(const double*, const FiltersAndEnd<double>&,
                               const FiltersAndEnd<double>&, double*, const Window&, const Window&,
                               const double*);

}  // namespace pyconv
