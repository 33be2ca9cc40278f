// SPDX-License-Identifier: BSD-3-Clause
#include "ops/winograd.hpp"

#include "arena.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/winograd_pass.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

void transform_all(const WinogradPass& pass, float* to) {
  parallel_for(pass.panels() * pass.c, pass.filters_size() * 16, [&](int64_t task) {
    pass.transform_filters(task / pass.c, task % pass.c, 1, to + task * pass.width,
                           pass.filters_plane());
  });
}

void run_pass(WinogradPass pass) {
  if (pass.in_pieces()) return pass.run();
  Scratch<float> filters(pass.filters_size());
  transform_all(pass, filters.data());
  pass.filters = filters.data();
  pass.run();
}

// The images of x and of y, from the first channel of a group on.
TiledImages images_of_x(const Window& w, const float* x, int64_t group) {
  return TiledImages(x + group * w.group_inputs(), w.h, w.w, w.c);
}

TiledImages images_of_y(const Window& w, const float* y, int64_t group) {
  return TiledImages(y + group * w.group_filters(), w.oh, w.ow, w.f);
}

WinogradPass forward_pass(const Window& w, int64_t group, const float* x, const float* kernel,
                          float* y, const TileEnd<float>& end) {
  const WinogradKernels<float>& kernels = winograd_kernels_for(w.kh, w.n, w.oh, w.ow);
  const int64_t fg = w.group_filters();
  return WinogradPass{kernels,
                      kernel_table_of<float>(),
                      false,
                      images_of_x(w, x, group),
                      TileGrid(kernels.m, w.n, w.oh, w.ow),
                      w.top,
                      w.left,
                      w.group_inputs(),
                      fg,
                      images_of_y(w, y, group),
                      panel_width<float>(fg),
                      columns_from(end, group * fg),
                      Taps{kernel + group * fg, w.group_inputs() * w.f, w.f},
                      nullptr};
}

WinogradPass backward_pass(const Window& w, int64_t group, const float* dy, const float* exchanged,
                           float* dx, bool adds) {
  const bool spreads = winograd_spreads(w);
  const WinogradKernels<float>& kernels =
      spreads ? kernel_table_of<float>().winograd4 : winograd_kernels_for(w.kh, w.n, w.h, w.w);
  const int64_t cg = w.group_inputs();
  TileEnd<float> end = plain_end<float>();
  end.accumulate = adds;
  return WinogradPass{
      kernels,
      kernel_table_of<float>(),
      spreads,
      images_of_y(w, dy, group),
      spreads ? TileGrid(kernels.m, w.n, w.oh, w.ow) : TileGrid(kernels.m, w.n, w.h, w.w),
      spreads ? w.top : w.kh - 1 - w.top,
      spreads ? w.left : w.kw - 1 - w.left,
      w.group_filters(),
      cg,
      images_of_x(w, dx, group),
      panel_width<float>(cg),
      end,
      Taps{exchanged, w.group_filters() * cg, cg},
      nullptr};
}

// A group's filters with inputs and outputs exchanged; where windows are turned round, tap t of the
// result is the t-th from the last.
void exchange_taps(const Window& w, const float* kernel, int64_t group, bool turned, float* to) {
  const int64_t cg = w.group_inputs();
  const int64_t fg = w.group_filters();
  const int64_t taps = w.taps();
  parallel_for(taps, taps * cg * fg * 4, [&](int64_t tap) {
    const float* from = kernel + (turned ? taps - 1 - tap : tap) * cg * w.f + group * fg;
    kernel_table_of<float>().transpose(from, w.f, to + tap * fg * cg, cg, cg, fg);
  });
}

// What a forward pass of no data would do.
WinogradPass form_of(const Window& w) {
  return forward_pass(w, 0, nullptr, nullptr, nullptr, plain_end<float>());
}

}  // namespace

const WinogradKernels<float>& winograd_kernels_for(int64_t taps, int64_t n, int64_t h, int64_t w) {
  constexpr int64_t kFewTiles = 32;
  const KernelTable<float>& table = kernel_table_of<float>();
  if (taps == 5) return table.winograd_of5;
  const int64_t large = TileGrid(4, n, h, w).tiles;
  const int64_t small = TileGrid(2, n, h, w).tiles;
  return large < kFewTiles || 16 * small < 36 * large ? table.winograd2 : table.winograd4;
}

bool winograd_spreads(const Window& w) {
  if (w.kh != 3) return false;
  constexpr int64_t kLeastImages = 8, kMostTiles = 96;
  const TileGrid spread(4, w.n, w.oh, w.ow);
  const WinogradKernels<float>& kernels = winograd_kernels_for(w.kh, w.n, w.h, w.w);
  const int64_t gathered = kernels.frequencies() * TileGrid(kernels.m, w.n, w.h, w.w).tiles;
  return w.n >= kLeastImages && spread.rows * spread.columns <= kMostTiles &&
         5 * 36 * spread.tiles <= 4 * gathered;
}

void winograd(const float* x, const float* kernel, const float* filters, float* y, const Window& w,
              const TileEnd<float>& end) {
  for (int64_t g = 0; g < w.groups; ++g) {
    WinogradPass pass = forward_pass(w, g, x, kernel, y, end);
    if (filters) {
      pass.filters = filters + g * pass.filters_size();
      pass.run();
    } else {
      run_pass(pass);
    }
  }
}

int64_t winograd_filters_size(const Window& w) { return w.groups * form_of(w).filters_size(); }

bool winograd_alike(const Window& a, const Window& b) {
  const WinogradPass one = form_of(a), other = form_of(b);
  return one.frequencies() == other.frequencies() && one.in_pieces() == other.in_pieces();
}

void winograd_filters(const float* kernel, float* filters, const Window& w) {
  for (int64_t g = 0; g < w.groups; ++g) {
    const WinogradPass pass = forward_pass(w, g, nullptr, kernel, nullptr, plain_end<float>());
    transform_all(pass, filters + g * pass.filters_size());
  }
}

void winograd_backward_data(const float* dy, const float* kernel, float* dx, const Window& w,
                            bool adds) {
  Scratch<float> exchanged(w.taps() * w.group_inputs() * w.group_filters());
  for (int64_t g = 0; g < w.groups; ++g) {
    exchange_taps(w, kernel, g, !winograd_spreads(w), exchanged.data());
    run_pass(backward_pass(w, g, dy, exchanged.data(), dx, adds));
  }
}

}  // namespace pyconv
