// SPDX-License-Identifier: BSD-3-Clause
// Launchers of im2col.cuh.
#include "ops/im2col.hpp"

#include "ops/im2col.cuh"
#include "ops/launchers.hpp"

namespace pyconv {

template <class T>
void launch_im2col(Global<const T> x, Global<T> col, const Window& window, const Columns& columns,
                   void* stream) {
  const int64_t size = window.n * window.oh * window.ow * window.kh * window.kw * columns.channels;
  PYCONV_LAUNCH(im2col_kernel<T>, blocks(size, kThreads), kThreads, 0, stream,
                (Im2colParams<T>{x, col, window, columns}));
}

template void launch_im2col(Global<const float>, Global<float>, const Window&, const Columns&,
                            void*);
template void launch_im2col(Global<const double>, Global<double>, const Window&, const Columns&,
                            void*);

template <class T>
void im2col(const T* x, T* col, const Window& window, void* stream) {
  const int64_t size = window.n * window.oh * window.ow * window.kh * window.kw * window.c;
  launch_im2col(input("x", x, window.n * window.h * window.w * window.c), output("col", col, size),
                window, {0, window.c, window.channels_first != 0}, stream);
}

template void im2col(const float*, float*, const Window&, void*);
template void im2col(const double*, double*, const Window&, void*);

}  // namespace pyconv
