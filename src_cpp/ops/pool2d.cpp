// SPDX-License-Identifier: BSD-3-Clause
#include "ops/pool2d.hpp"

#include <algorithm>

#include "dispatch.hpp"
#include "ops/layout.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

bool byte_offsets(const Window& w) { return w.taps() <= 256; }

const void* offsets_at(const void* argmax, const Window& w, int64_t element) {
  return static_cast<const char*>(argmax) + element * (byte_offsets(w) ? 1 : 4);
}

// argmax in channels_last order: itself, or a transposed copy of the channels_first one.
class OffsetsView {
 public:
  OffsetsView(const void* argmax, const Window& w)
      : bytes_(byte_offsets(w) ? static_cast<const uint8_t*>(argmax) : nullptr, w.n, w.oh * w.ow,
               w.c, w.channels_first && byte_offsets(w)),
        ints_(byte_offsets(w) ? nullptr : static_cast<const int32_t*>(argmax), w.n, w.oh * w.ow,
              w.c, w.channels_first && !byte_offsets(w)),
        data_(byte_offsets(w) ? static_cast<const void*>(bytes_.data()) : ints_.data()) {}
  const void* data() const { return data_; }

 private:
  ChannelsLast<uint8_t> bytes_;
  ChannelsLast<int32_t> ints_;
  const void* data_;
};

class OffsetsOutput {
 public:
  OffsetsOutput(void* argmax, const Window& w)
      : wide_(!byte_offsets(w)),
        bytes_(static_cast<uint8_t*>(argmax), w.n, w.oh * w.ow, w.c,
               argmax && w.channels_first && !wide_),
        ints_(static_cast<int32_t*>(argmax), w.n, w.oh * w.ow, w.c,
              argmax && w.channels_first && wide_) {}
  void* data() { return wide_ ? static_cast<void*>(ints_.data()) : bytes_.data(); }
  void store() {
    bytes_.store();
    ints_.store();
  }

 private:
  bool wide_;
  ChannelsLastOutput<uint8_t> bytes_;
  ChannelsLastOutput<int32_t> ints_;
};

template <class T>
void pool_rows(const T* x, T* y, void* argmax, const Window& w) {
  const KernelTable<T>& table = kernel_table_of<T>();
  parallel_for(w.n * w.oh, w.n * w.h * w.w * w.c * int64_t(sizeof(T)), [&](int64_t row) {
    const int64_t image = row / w.oh;
    const int64_t i = row % w.oh;
    const int64_t at = row * w.ow * w.c;
    table.max_pool_row(PoolRow<T>{
        x + image * w.h * w.w * w.c, y + at,
        argmax ? const_cast<void*>(offsets_at(argmax, w, at)) : nullptr, byte_offsets(w), w.h, w.w,
        w.c, w.w * w.c, w.c, w.kh, w.kw, w.sw, w.left, i * w.sh - w.top, w.ow});
  });
}

// Do the windows cover every pixel of a row exactly once?
bool windows_tile(const Window& w) { return w.sw == w.kw && w.left == 0 && w.ow * w.kw >= w.w; }

template <class T>
void gradient_row(const KernelTable<T>& table, const T* dy, const void* argmax, T* dx,
                  const Window& w, int64_t image, int64_t y) {
  // Output rows whose windows hold this row of pixels: i * sh - top <= y < i * sh - top + kh.
  const int64_t reached = y + w.top;
  const int64_t first = reached < w.kh ? 0 : (reached - w.kh) / w.sh + 1;
  const int64_t last = std::min(w.oh, reached / w.sh + 1);
  const bool assign = windows_tile(w) && last - first == 1;
  if (!assign) std::fill_n(dx, w.w * w.c, T(0));
  for (int64_t i = first; i < last; ++i) {
    const int64_t at = (image * w.oh + i) * w.ow * w.c;
    table.max_pool_row_backward(PoolRowGradient<T>{dy + at, offsets_at(argmax, w, at), dx,
                                                   byte_offsets(w), assign, w.w, w.c, w.kw, w.sw,
                                                   w.left, reached - i * w.sh, w.ow});
  }
}

// Judges offsets, in either layout.
struct OffsetCheck {
  const Window& w;
  const void* argmax;

  int64_t offset(int64_t element) const {
    return byte_offsets(w) ? static_cast<const uint8_t*>(argmax)[element]
                           : static_cast<const int32_t*>(argmax)[element];
  }

  bool good(int64_t element) const {
    const int64_t pixel = w.channels_first ? element % (w.oh * w.ow) : element / w.c % (w.oh * w.ow);
    const int64_t where = offset(element);
    if (where < 0 || where >= w.taps()) return false;
    const int64_t y = pixel / w.ow * w.sh - w.top + where / w.kw;
    const int64_t x = pixel % w.ow * w.sw - w.left + where % w.kw;
    return y >= 0 && y < w.h && x >= 0 && x < w.w;
  }

  // For windows that lie inside the image: is every offset below the window's size?
  bool all_below(int64_t first, int64_t last) const {
    bool bad = false;
    if (byte_offsets(w)) {
      const auto most = static_cast<uint8_t>(w.taps() - 1);
      const uint8_t* offsets = static_cast<const uint8_t*>(argmax);
      for (int64_t e = first; e < last; ++e) bad |= offsets[e] > most;
    } else {
      const auto most = static_cast<uint32_t>(w.taps() - 1);
      const int32_t* offsets = static_cast<const int32_t*>(argmax);
      for (int64_t e = first; e < last; ++e) bad |= static_cast<uint32_t>(offsets[e]) > most;
    }
    return !bad;
  }

  // The first bad element of [first, last), or INT64_MAX.
  int64_t first_bad(int64_t first, int64_t last) const {
    for (int64_t e = first; e < last; ++e) {
      if (!good(e)) return e;
    }
    return INT64_MAX;
  }

  // The same for one row of windows, whose pixels have `inner` elements each.
  int64_t first_bad_in_row(int64_t row, int64_t inner) const {
    const int64_t first = row * w.ow * inner;
    const int64_t last = first + w.ow * inner;
    const int64_t top = row % w.oh * w.sh - w.top;
    int64_t from = last;  // windows [from, to) are not clipped
    int64_t to = last;
    if (top >= 0 && top + w.kh <= w.h && w.kw <= w.w) {
      const int64_t most = (w.w - w.kw + w.left) / w.sw + 1;
      from = first + std::min(w.ow, ceil_div(w.left, w.sw)) * inner;
      to = std::max(from, first + std::min(w.ow, most) * inner);
    }
    if (!all_below(from, to)) return first_bad(first, last);
    return std::min(first_bad(first, from), first_bad(to, last));
  }
};

}  // namespace

template <class T>
void max_pool2d(const T* x, T* y, void* argmax, const Window& window) {
  ChannelsLast<T> input(x, window.n, window.h * window.w, window.c, window.channels_first);
  ChannelsLastOutput<T> output(y, window.n, window.oh * window.ow, window.c,
                               window.channels_first);
  OffsetsOutput offsets(argmax, window);
  pool_rows(input.data(), output.data(), argmax ? offsets.data() : nullptr, window);
  output.store();
  offsets.store();
}

void max_pool2d_check(const void* argmax, const Window& window, int64_t* first_bad) {
  const OffsetCheck check{window, argmax};
  const int64_t inner = window.channels_first ? 1 : window.c;
  const int64_t rows = window.n * window.oh * (window.channels_first ? window.c : 1);
  constexpr int64_t kRows = 64;
  Scratch<int64_t> found(ceil_div(rows, kRows));
  parallel_for(ceil_div(rows, kRows), window.output_pixels() * window.c, [&](int64_t block) {
    found[block] = INT64_MAX;
    const int64_t last = std::min(rows, (block + 1) * kRows);
    for (int64_t row = block * kRows; row < last && found[block] == INT64_MAX; ++row) {
      found[block] = check.first_bad_in_row(row, inner);
    }
  });
  for (int64_t block = 0; block < ceil_div(rows, kRows); ++block) {
    *first_bad = std::min(*first_bad, found[block]);
  }
}

template <class T>
void max_pool2d_backward(const T* dy, const void* argmax, T* dx, const Window& window) {
  const KernelTable<T>& table = kernel_table_of<T>();
  ChannelsLast<T> gradient(dy, window.n, window.oh * window.ow, window.c, window.channels_first);
  const OffsetsView offsets(argmax, window);
  ChannelsLastOutput<T> output(dx, window.n, window.h * window.w, window.c, window.channels_first);
  const int64_t row_elements = window.w * window.c;
  parallel_for(window.n * window.h, window.n * window.h * row_elements * int64_t(sizeof(T)),
               [&](int64_t row) {
                 gradient_row(table, gradient.data(), offsets.data(),
                              output.data() + row * row_elements, window, row / window.h,
                              row % window.h);
               });
  output.store();
}

template void max_pool2d(const float*, float*, void*, const Window&);
template void max_pool2d(const double*, double*, void*, const Window&);
template void max_pool2d_backward(const float*, const void*, float*, const Window&);
template void max_pool2d_backward(const double*, const void*, double*, const Window&);

}  // namespace pyconv
