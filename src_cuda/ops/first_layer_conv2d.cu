// SPDX-License-Identifier: BSD-3-Clause
// Launcher of first_layer_conv2d.cuh.
#include "ops/first_layer_conv2d.hpp"

#include "ops/first_layer_conv2d.cuh"
#include "ops/first_layer_plan.hpp"

namespace pyconv {
namespace {

constexpr int64_t kFewFilters = 32;
// Pixels of four channels that lie so far apart meet in a bank of shared memory.
constexpr int64_t kCrowdedStride = 8;

int64_t staged_rows(const Window& w, int64_t strips) {
  return covered(strips * kStripRows, w.sh, w.kh, w.dil_h);
}
int64_t staged_columns(const Window& w) { return covered(kStripColumns, w.sw, w.kw, w.dil_w); }

// Strips of a block: eight, less where half of the last ones would have no pixels or their image
// rows no room; 0: there is none for one strip.
int64_t strips_of(const Window& w, int64_t element_bytes) {
  int64_t strips = kStripsPerBlock;
  const auto padded = [&](int64_t rows) { return blocks(w.oh, rows) * rows; };
  while (strips > 1 && padded(strips / 2 * kStripRows) < padded(strips * kStripRows)) strips /= 2;
  const int64_t row_bytes = staged_columns(w) * w.c * element_bytes;
  while (strips > 0 && staged_rows(w, strips) * row_bytes > kStagedBytes) strips /= 2;
  return strips;
}

// A thread's filters: sums of float64 fill the registers of four.
template <class T, class Body>
void with_filters(int64_t filters, Body body) {
  if constexpr (std::is_same_v<T, float>) {
    if (filters > kFewFilters) return body(std::integral_constant<int, 8>{});
  }
  body(std::integral_constant<int, 4>{});
}

template <class Body>
void with_channels(int64_t channels, Body body) {
  switch (channels) {
    case 1:
      return body(std::integral_constant<int, 1>{});
    case 2:
      return body(std::integral_constant<int, 2>{});
    case 3:
      return body(std::integral_constant<int, 3>{});
    default:
      return body(std::integral_constant<int, kMostChannels>{});
  }
}

}  // namespace

bool is_first_layer(const Window& w, int64_t element_bytes) {
  return has_few_channels(w) && w.sw < kCrowdedStride && strips_of(w, element_bytes) > 0;
}

template <class T>
void launch_first_layer(Global<const T> x, Global<const T> kernel, Global<const T> bias,
                        Global<T> y, const Window& w, ActivationKind activation, void* stream) {
  const int64_t strips = strips_of(w, sizeof(T));
  const int64_t tiles_h = blocks(w.oh, strips * kStripRows), tiles_w = blocks(w.ow, kStripColumns);
  const int64_t rows = staged_rows(w, strips), row_size = staged_columns(w) * w.c;
  const bool packed = w.f % kPackOf<T> == 0 && all_aligned(kernel, y);
  with_filters<T>(w.f, [&](auto filters) {
    constexpr int kFilters = decltype(filters)::value;
    const int64_t tiles_f = blocks(w.f, int64_t{kStripFilterLanes} * kFilters);
    const FirstLayerParams<T> params{{x, divisor(row_size), short_length(rows)},
                                     kernel,
                                     bias,
                                     y,
                                     w,
                                     divisor(tiles_f),
                                     divisor(tiles_w),
                                     divisor(tiles_h),
                                     short_length(strips),
                                     activation};
    with_channels(w.c, [&](auto channels) {
      with_width<T>(packed, [&](auto width) {
        constexpr int kChannels = decltype(channels)::value, kWidth = decltype(width)::value;
        PYCONV_LAUNCH((first_layer_conv2d_kernel<T, kChannels, kFilters, kWidth>),
                      w.n * tiles_h * tiles_w * tiles_f, strips * kWarpLanes,
                      rows * row_size * static_cast<int64_t>(sizeof(T)), stream, params);
      });
    });
  });
}

template void launch_first_layer(Global<const float>, Global<const float>, Global<const float>,
                                 Global<float>, const Window&, ActivationKind, void*);
template void launch_first_layer(Global<const double>, Global<const double>, Global<const double>,
                                 Global<double>, const Window&, ActivationKind, void*);

}  // namespace pyconv
