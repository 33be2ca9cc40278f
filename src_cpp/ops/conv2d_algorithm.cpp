// SPDX-License-Identifier: BSD-3-Clause
#include "ops/conv2d_algorithm.hpp"

#include <algorithm>
#include <type_traits>

#include "ops/depthwise.hpp"
#include "ops/pad_images.hpp"
#include "ops/winograd_tiles.hpp"

namespace pyconv {
namespace {

bool fits_winograd(const Window& w) {
  return (w.kh == 3 || w.kh == 5) && w.kw == w.kh && w.sh == 1 && w.sw == 1 && w.dil_h == 1 &&
         w.dil_w == 1;
}

// Fewer channels do not pay for the transforms of the images.
constexpr int64_t kWinogradChannels = 16;

// Fewer pixels do not pay for the transforms of the filters, or not for sharing out the steps
// unless many filters meet them.
bool has_pixels(int64_t pixels, int64_t c, int64_t f) {
  constexpr int64_t kLeastPixels = 32, kManyPixels = 128;
  constexpr int64_t kFewPixelsWork = 49 * 64 * 128;
  return pixels >= kManyPixels || (pixels >= kLeastPixels && pixels * c * f >= kFewPixelsWork);
}

// Transformed filters take up to this: 36 numbers, or 16, for each channel of each.
constexpr double kFilterBytes = double(int64_t(1) << 30);

// How often one of the taps of one axis meets an image line, in all `outputs` lines of windows.
int64_t meetings(int64_t taps, int64_t outputs, int64_t size, int64_t before) {
  int64_t count = 0;
  for (int64_t tap = -before; tap < taps - before; ++tap) {
    count += std::max<int64_t>(0, std::min(outputs, size - tap) - std::max<int64_t>(0, -tap));
  }
  return count;
}

// Tiles that reach far beyond small images cost as much as any; the direct way to images leaves
// padding out, that to the filters does not.
bool saves_products(const Window& w, ConvPass pass) {
  constexpr double kLeastSaving = 1.4;
  const bool data = pass == ConvPass::kData;
  const bool spreads = data && winograd_spreads(w);
  const int64_t rows = data && !spreads ? w.h : w.oh;
  const int64_t columns = data && !spreads ? w.w : w.ow;
  const WinogradKernels<float>& kernels =
      spreads ? kernel_table_of<float>().winograd4 : winograd_kernels_for(w.kh, w.n, rows, columns);
  const double products =
      double(kernels.frequencies()) * double(TileGrid(kernels.m, w.n, rows, columns).tiles);
  const double direct = pass == ConvPass::kKernel
                            ? double(w.taps()) * double(w.output_pixels())
                            : double(w.n) * double(meetings(w.kh, w.oh, w.h, w.top)) *
                                  double(meetings(w.kw, w.ow, w.w, w.left));
  return kLeastSaving * products <= direct;
}

bool gains_by_winograd(const Window& w, ConvPass pass) {
  if (!fits_winograd(w)) return false;
  const bool data = pass == ConvPass::kData;
  const int64_t cg = w.group_inputs(), fg = w.group_filters();
  return cg >= kWinogradChannels && fg >= kWinogradChannels &&
         has_pixels(data ? w.input_pixels() : w.output_pixels(), cg, fg) &&
         36.0 * 4.0 * double(cg) * double(fg) <= kFilterBytes && saves_products(w, pass);
}

// Tiles of as many columns as an image has channels would leave most lanes of a vector empty;
// those of the matrix have a column for every tap.
constexpr int64_t kFewChannels = 8;
constexpr int64_t kMatrixBytes = int64_t(64) << 20;  // of one image

template <class T>
bool gains_by_col2im(const Window& w) {
  const double bytes =
      double(w.oh) * double(w.ow) * double(w.taps()) * double(w.group_inputs()) * double(sizeof(T));
  return w.groups == 1 && w.c <= kFewChannels && w.taps() > 1 && bytes <= double(kMatrixBytes);
}

}  // namespace

template <class T>
Algorithm conv2d_algorithm(const Window& window, Algorithm asked, ConvPass pass) {
  constexpr bool single = std::is_same_v<T, float>;
  if (asked == Algorithm::kIm2col) return Algorithm::kIm2col;
  if (asked == Algorithm::kWinograd) {
    return single && fits_winograd(window) ? Algorithm::kWinograd : Algorithm::kAuto;
  }
  if (pass == ConvPass::kKernel && mostly_padding<T>(window)) return Algorithm::kIm2col;
  if (is_depthwise<T>(window)) return Algorithm::kDepthwise;
  if (asked == Algorithm::kAuto && pass == ConvPass::kData && gains_by_col2im<T>(window)) {
    return Algorithm::kIm2col;
  }
  if (asked == Algorithm::kAuto && single && gains_by_winograd(window, pass)) {
    return Algorithm::kWinograd;
  }
  return Algorithm::kDirect;
}

template Algorithm conv2d_algorithm<float>(const Window&, Algorithm, ConvPass);
template Algorithm conv2d_algorithm<double>(const Window&, Algorithm, ConvPass);

}  // namespace pyconv
