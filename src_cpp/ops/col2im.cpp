// SPDX-License-Identifier: BSD-3-Clause
// Every pixel sums its column elements window row by window row, top to bottom, and within one from
// left to right, whichever way is taken. The matrix is read once, in order.
#include "ops/col2im.hpp"

#include <algorithm>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Tasks to aim for; a strip of fewer rows would read too many windows twice.
constexpr int64_t kTasks = 16;
constexpr int64_t kLeastRows = 8;
// Transposed window rows of this size stay in the first cache.
constexpr int64_t kBufferBytes = int64_t(24) << 10;
// Asking the clock takes as long as a short row of windows.
constexpr int64_t kPollRows = 16;
// Pixels of fewer channels are added plane by plane.
constexpr int64_t kFewChannels = 8;

int64_t strip_rows(int64_t h, int64_t images) {
  return std::max(kLeastRows,
                  ceil_div(h, std::max<int64_t>(1, kTasks / std::max<int64_t>(1, images))));
}

// Rows [first, last) of an image, and the rows of windows that reach them.
struct Strip {
  int64_t first, last;
  int64_t first_windows, last_windows;

  Strip(const Window& w, int64_t from, int64_t rows)
      : first(from), last(std::min(w.h, from + rows)) {
    const int64_t above = first + w.top - (w.kh - 1) * w.dil_h;
    first_windows = above > 0 ? ceil_div(above, w.sh) : 0;
    last_windows = std::min(w.oh, (last - 1 + w.top) / w.sh + 1);
  }

  // The end of the strip's rows that windows up to row i reach.
  int64_t reached(const Window& w, int64_t i) const {
    return std::clamp(i * w.sh - w.top + (w.kh - 1) * w.dil_h + 1, first, last);
  }
};

// Adds windows to strips of one image run by run.
template <class T>
struct RunAdder {
  const Window& w;
  Gather<T> windows;
  std::vector<Run> runs;
  int64_t columns;
  int64_t channels;  // of a pixel, side by side
  int64_t planes;

  void zero(T* image, int64_t first, int64_t last) const {
    for (int64_t plane = 0; plane < planes; ++plane) {
      T* row = image + plane * w.h * w.w + first * windows.row_pitch;
      if (windows.pixel_pitch == channels) {
        std::fill_n(row, (last - first) * windows.row_pitch, T(0));
        continue;
      }
      for (int64_t pixel = 0; pixel < (last - first) * w.w; ++pixel) {
        std::fill_n(row + pixel * windows.pixel_pitch, channels, T(0));
      }
    }
  }

  void add(const T* col, T* image, const Strip& strip) const {
    const KernelTable<T>& table = kernel_table_of<T>();
    Gather<T> shifted = windows;
    shifted.h = strip.last - strip.first;
    shifted.off_h -= strip.first;
    int64_t zeroed = strip.first;
    for (int64_t i = strip.first_windows; i < strip.last_windows; ++i) {
      zero(image, zeroed, strip.reached(w, i));
      zeroed = strip.reached(w, i);
      table.scatter_rows(shifted, runs.data(), int64_t(runs.size()), i * w.ow, w.ow,
                         col + i * w.ow * columns, columns,
                         image + strip.first * windows.row_pitch);
      if (i % kPollRows == 0) keep_going();
    }
    zero(image, zeroed, strip.last);
  }
};

// Adds windows of stride 1 to planes of one image: a row of windows is transposed, so that each of
// its columns becomes a row of pixels.
template <class T>
struct PlaneAdder {
  const Window& w;
  int64_t tap_pitch, channel_pitch;  // between columns of the matrix
  int64_t plane_pitch;

  int64_t columns() const { return w.taps() * w.c; }
  int64_t before() const { return std::max<int64_t>(0, (w.kw - 1) * w.dil_w - w.left); }
  int64_t width() const { return before() + w.ow + std::max<int64_t>(0, w.w + w.left - w.ow); }

  // Planes whose transposed windows fit the buffer.
  int64_t group() const {
    const int64_t bytes = w.taps() * width() * int64_t(sizeof(T));
    return std::clamp<int64_t>(kBufferBytes / bytes, 1, w.c);
  }

  // Channels [first, last); `image` is the strip's first row of the first of them.
  void add(const T* col, T* image, const Strip& strip, int64_t first, int64_t last) const {
    const KernelTable<T>& table = kernel_table_of<T>();
    const int64_t count = (last - first) * w.taps();
    Scratch<T> buffer(count * width());
    std::fill_n(buffer.data(), count * width(), T(0));
    for (int64_t c = first; c < last; ++c) {
      std::fill_n(image + (c - first) * plane_pitch, (strip.last - strip.first) * w.w, T(0));
    }
    for (int64_t i = strip.first_windows; i < strip.last_windows; ++i) {
      table.transpose(col + i * w.ow * columns() + first * channel_pitch, columns(),
                      buffer.data() + before(), width(), w.ow, count);
      for (int64_t r = 0; r < w.kh; ++r) {
        const int64_t row = i * w.sh - w.top + r * w.dil_h;
        if (row < strip.first || row >= strip.last) continue;
        // The last tap's leftmost window comes first.
        const T* taps = buffer.data() + (r * w.kw + w.kw - 1) * tap_pitch * width() + before() +
                        w.left - (w.kw - 1) * w.dil_w;
        for (int64_t c = 0; c < last - first; ++c) {
          table.add_terms(image + c * plane_pitch + (row - strip.first) * w.w, w.w,
                          taps + c * channel_pitch * width(), w.dil_w - tap_pitch * width(), w.kw);
        }
      }
      if (i % kPollRows == 0) keep_going();
    }
  }
};

// Whether rows of windows, with room for their neighbours, are about as long as rows of pixels.
bool by_planes(const Window& w) { return w.sw == 1 && (w.kw - 1) * w.dil_w <= w.ow + 64; }

bool few_by_planes(const Window& w) { return w.c < kFewChannels && by_planes(w); }

template <class T>
void col2im_planes(const T* col, T* dx, const Window& w) {
  const PlaneAdder<T> adder{w, 1, w.taps(), w.h * w.w};
  const int64_t group = adder.group();
  const int64_t groups = ceil_div(w.c, group);
  const int64_t rows = strip_rows(w.h, w.n * groups);
  const int64_t strips = ceil_div(w.h, rows);
  parallel_for(w.n * groups * strips, w.output_pixels() * adder.columns() * int64_t(sizeof(T)),
               [&](int64_t task) {
                 const int64_t image = task / groups / strips;
                 const int64_t first = task % groups * group;
                 const Strip strip(w, task / groups % strips * rows, rows);
                 adder.add(col + image * w.oh * w.ow * adder.columns(),
                           dx + (image * w.c + first) * w.h * w.w + strip.first * w.w, strip, first,
                           std::min(w.c, first + group));
               });
}

// channels_last images of few channels: planes of a strip are made, then interleaved.
template <class T>
void col2im_few_channels(const T* col, T* dx, const Window& w) {
  const int64_t rows = strip_rows(w.h, w.n);
  const int64_t strips = ceil_div(w.h, rows);
  const PlaneAdder<T> adder{w, w.c, 1, rows * w.w};
  parallel_for(w.n * strips, w.output_pixels() * adder.columns() * int64_t(sizeof(T)),
               [&](int64_t task) {
                 const Strip strip(w, task % strips * rows, rows);
                 T* to = dx + (task / strips * w.h + strip.first) * w.w * w.c;
                 const T* from = col + task / strips * w.oh * w.ow * adder.columns();
                 if (w.c == 1) return adder.add(from, to, strip, 0, 1);
                 Scratch<T> planes(w.c * adder.plane_pitch);
                 adder.add(from, planes.data(), strip, 0, w.c);
                 kernel_table_of<T>().transpose(planes.data(), adder.plane_pitch, to, w.c, w.c,
                                                (strip.last - strip.first) * w.w);
               });
}

template <class T>
void add_runs(const RunAdder<T>& adder, const T* col, T* dx, int64_t images) {
  const Window& w = adder.w;
  const int64_t rows = strip_rows(w.h, images);
  const int64_t strips = ceil_div(w.h, rows);
  parallel_for(images * strips, images * w.oh * w.ow * adder.columns * int64_t(sizeof(T)),
               [&](int64_t task) {
                 const int64_t image = task / strips;
                 adder.add(col + image * w.oh * w.ow * adder.columns, dx + image * w.h * w.w * w.c,
                           Strip(w, task % strips * rows, rows));
               });
}

template <class T>
RunAdder<T> pixel_adder(const Window& w) {
  return {w,
          input_windows<T>(w, nullptr, 0),
          window_runs(w, w.group_inputs(), w.c, 1, 0),
          window_elements(w),
          w.group_inputs(),
          1};
}

}  // namespace

template <class T>
void col2im_image(const Window& window, const T* col, int64_t group, T* dx) {
  Window image = window;
  image.n = 1;
  if (image.groups == 1 && few_by_planes(image)) return col2im_few_channels(col, dx, image);
  add_runs(pixel_adder<T>(image), col, dx + group * image.group_inputs(), 1);
}

template <class T>
void col2im(const T* col, T* dx, const Window& w) {
  if (w.channels_first && by_planes(w)) {
    col2im_planes(col, dx, w);
  } else if (w.channels_first) {
    const RunAdder<T> adder{
        w,  plane_windows<T>(w, nullptr), window_runs(w, 1, 1, w.c, w.h * w.w), w.taps() * w.c, 1,
        w.c};
    add_runs(adder, col, dx, w.n);
  } else if (few_by_planes(w)) {
    col2im_few_channels(col, dx, w);
  } else {
    add_runs(pixel_adder<T>(w), col, dx, w.n);
  }
}

template void col2im(const float*, float*, const Window&);
template void col2im(const double*, double*, const Window&);
template void col2im_image(const Window&, const float*, int64_t, float*);
template void col2im_image(const Window&, const double*, int64_t, double*);

}  // namespace pyconv
