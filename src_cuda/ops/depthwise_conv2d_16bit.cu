// SPDX-License-Identifier: BSD-3-Clause
// Launchers of depthwise_conv2d.cuh for 16-bit arrays.
#include "ops/depthwise_launch.hpp"

namespace pyconv {

template int64_t depthwise_workspace<Float16>(const Window&);
template void launch_depthwise(Global<const Float16>, Global<const Float16>, Global<const Float16>,
                               Global<Float16>, const Window&, ActivationKind, void*);
template void launch_depthwise_backward_data(Global<const Float16>, Global<const Float16>,
                                             Global<Float16>, const Window&, void*);
template void launch_depthwise_backward_kernel(Global<const Float16>, Global<const Float16>,
                                               Global<float>, Global<float>, const Window&,
                                               Global<float>, void*);
template int64_t depthwise_workspace<Bfloat16>(const Window&);
template void launch_depthwise(Global<const Bfloat16>, Global<const Bfloat16>,
                               Global<const Bfloat16>, Global<Bfloat16>, const Window&,
                               ActivationKind, void*);
template void launch_depthwise_backward_data(Global<const Bfloat16>, Global<const Bfloat16>,
                                             Global<Bfloat16>, const Window&, void*);
template void launch_depthwise_backward_kernel(Global<const Bfloat16>, Global<const Bfloat16>,
                                               Global<float>, Global<float>, const Window&,
                                               Global<float>, void*);

}  // namespace pyconv
