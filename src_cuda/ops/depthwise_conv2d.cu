// SPDX-License-Identifier: BSD-3-Clause
// Launchers of depthwise_conv2d.cuh for float32 and float64.
#include "ops/depthwise_launch.hpp"
#include "ops/launchers.hpp"

namespace pyconv {

bool is_depthwise(const Window& window) { return window.groups == window.c && window.c > 1; }

template int64_t depthwise_workspace<float>(const Window&);
template void launch_depthwise(Global<const float>, Global<const float>, Global<const float>,
                               Global<float>, const Window&, ActivationKind, void*);
template void launch_depthwise_backward_data(Global<const float>, Global<const float>,
                                             Global<float>, const Window&, void*);
template void launch_depthwise_backward_kernel(Global<const float>, Global<const float>,
                                               Global<float>, Global<float>, const Window&,
                                               Global<float>, void*);
template int64_t depthwise_workspace<double>(const Window&);
template void launch_depthwise(Global<const double>, Global<const double>, Global<const double>,
                               Global<double>, const Window&, ActivationKind, void*);
template void launch_depthwise_backward_data(Global<const double>, Global<const double>,
                                             Global<double>, const Window&, void*);
template void launch_depthwise_backward_kernel(Global<const double>, Global<const double>,
                                               Global<double>, Global<double>, const Window&,
                                               Global<double>, void*);

}  // namespace pyconv
