// SPDX-License-Identifier: BSD-3-Clause
#include "ops/conv2d_algorithm.hpp"

#include <type_traits>

#include "ops/depthwise.hpp"
#include "ops/pad_images.hpp"

namespace pyconv {
namespace {

bool fits_winograd(const Window& w) {
  return w.kh == 3 && w.kw == 3 && w.sh == 1 && w.sw == 1 && w.dil_h == 1 && w.dil_w == 1;
}

// Fewer channels do not pay for the transforms of the images, fewer pixels not for those of the
// filters.
constexpr int64_t kWinogradChannels = 16;
constexpr int64_t kWinogradPixels = 128;

bool gains_by_winograd(const Window& w, ConvPass pass) {
  const int64_t pixels = pass == ConvPass::kData ? w.input_pixels() : w.output_pixels();
  return fits_winograd(w) && w.group_inputs() >= kWinogradChannels &&
         w.group_filters() >= kWinogradChannels && pixels >= kWinogradPixels;
}

// Tiles of as many columns as an image has channels would leave most lanes of a vector empty;
// those of the matrix have a column for every tap.
constexpr int64_t kFewChannels = 8;
constexpr int64_t kMatrixBytes = int64_t(64) << 20;  // of one image

template <class T>
bool gains_by_col2im(const Window& w) {
  const double bytes = double(w.oh) * double(w.ow) * double(w.taps()) * double(w.group_inputs()) *
                       double(sizeof(T));
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
