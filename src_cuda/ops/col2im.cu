// SPDX-License-Identifier: BSD-3-Clause
// Launchers of col2im.cuh.
#include "ops/col2im.cuh"

#include "ops/im2col.hpp"
#include "ops/launchers.hpp"
#include "ops/product.hpp"

namespace pyconv {

template <class T>
void launch_col2im(Global<const T> col, Global<T> dx, const Window& window, const Columns& columns,
                   void* stream) {
  const int64_t size = window.n * window.h * window.w * columns.channels;
  const Col2imParams<T> params{col, dx, window, columns, divisor(window.sh), divisor(window.sw)};
  constexpr int64_t kPack = kPackOf<T>;
  const bool whole =
      columns.channels % kPack == 0 && columns.first_channel % kPack == 0 && window.c % kPack == 0;
  const bool neighbours = window.channels_first == 0 && !columns.channel_first;
  with_width<T>(whole && neighbours && all_aligned(col, dx), [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    PYCONV_LAUNCH((col2im_kernel<T, kWidth>), blocks(size, int64_t{kThreads} * kWidth), kThreads, 0,
                  stream, params);
  });
}

template void launch_col2im(Global<const float>, Global<float>, const Window&, const Columns&,
                            void*);
template void launch_col2im(Global<const double>, Global<double>, const Window&, const Columns&,
                            void*);

template <class T>
void col2im(const T* col, T* dx, const Window& window, void* stream) {
  const int64_t size = window.n * window.oh * window.ow * window.kh * window.kw * window.c;
  launch_col2im(input("col", col, size),
                output("dx", dx, window.n * window.h * window.w * window.c), window,
                {0, window.c, window.channels_first != 0}, stream);
}

template void col2im(const float*, float*, const Window&, void*);
template void col2im(const double*, double*, const Window&, void*);

}  // namespace pyconv
