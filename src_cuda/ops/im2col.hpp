// SPDX-License-Identifier: BSD-3-Clause
// im2col and col2im for some channels of an image, as the convolutions' "im2col" algorithm uses
// them.
#pragma once

#include "launch.cuh"
#include "ops/im2col.cuh"

namespace pyconv {

template <class T>
void launch_im2col(Global<const T> x, Global<T> col, const Window& window, const Columns& columns,
                   void* stream);
template <class T>
void launch_col2im(Global<const T> col, Global<T> dx, const Window& window, const Columns& columns,
                   void* stream);

}  // namespace pyconv
