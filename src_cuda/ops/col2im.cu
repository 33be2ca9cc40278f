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
  PYCONV_LAUNCH(
      col2im_kernel<T>, blocks(size, kThreads), kThreads, 0, stream,
      (Col2imParams<T>{col, dx, window, columns, divisor(window.sh), divisor(window.sw)}));
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
