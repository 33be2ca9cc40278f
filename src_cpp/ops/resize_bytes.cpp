// SPDX-License-Identifier: BSD-3-Clause
#include "ops/resize_bytes.hpp"

#include <algorithm>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/resize_taps.hpp"
#include "ops/tiles.hpp"

namespace pyconv {
namespace {

// The places of a row's pixels, four elements each; the last is repeated to fill a vector.
class QuadPlaces {
 public:
  QuadPlaces(const Blend<float>* columns, int64_t count)
      : padded_(ceil_div(count, kMostQuads) * kMostQuads),
        places_(padded_),
        rest_(4 * padded_),
        fraction_(4 * padded_) {
    for (int64_t j = 0; j < padded_; ++j) {
      const Blend<float>& column = columns[std::min(j, count - 1)];
      const bool one = column.lower == column.upper;
      places_[j] = 4 * column.lower;
      std::fill_n(rest_.data() + 4 * j, 4, one ? 1.0f : column.rest);
      std::fill_n(fraction_.data() + 4 * j, 4, one ? 0.0f : column.fraction);
    }
  }
  Quads quads() { return {places_.data(), rest_.data(), fraction_.data()}; }

 private:
  int64_t padded_;
  Scratch<int64_t> places_;
  Scratch<float> rest_, fraction_;
};

}  // namespace

void resize_bytes(const BytePixels& x, float* y, const Window& w, Interpolation interpolation) {
  if (w.output_pixels() * w.c == 0) return;
  const KernelTable<float>& table = kernel_table_of<float>();
  const PixelKernels& pixels = kernels().pixels;
  Scratch<Blend<float>> columns(w.ow);
  for (int64_t j = 0; j < w.ow; ++j) {
    columns[j] = blend_of<float>(resize_taps(j, w.w, w.ow, interpolation));
  }
  const bool by_quads = x.pixel_stride == 4 && w.c >= 3;
  QuadPlaces places(columns.data(), by_quads ? w.ow : 0);
  const Quads quads = places.quads();
  const int64_t elements = (w.w - 1) * x.pixel_stride + w.c;
  Scratch<float> between((w.w + 1) * x.pixel_stride);
  std::fill_n(between.data() + elements, (w.w + 1) * x.pixel_stride - elements, 0.0f);
  for (int64_t i = 0; i < w.oh; ++i, y += w.ow * w.c) {
    if (i + 1 < w.oh) fetch(y + w.ow * w.c, w.ow * w.c);  // each line is written at once then
    const Blend<float> place = blend_of<float>(resize_taps(i, w.h, w.oh, interpolation));
    pixels.blend_bytes(x.data + place.lower * x.row_stride, x.data + place.upper * x.row_stride,
                       place.rest, place.fraction, between.data(), elements);
    if (!by_quads) {
      table.blend_pixels(between.data(), columns.data(), w.ow, w.c, y);
    } else if (w.c == 3) {
      pixels.blend_triples(between.data(), quads, w.ow, y);
    } else {
      pixels.blend_quads(between.data(), quads, w.ow, y);
    }
  }
}

}  // namespace pyconv
