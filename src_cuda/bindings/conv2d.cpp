// SPDX-License-Identifier: BSD-3-Clause
// Bindings of the convolution's three passes.
#include "bindings/operation.hpp"
#include "ops/launchers.hpp"
#include "ops/mma_launchers.hpp"

namespace pyconv {
namespace {

int64_t workspace_bytes(int dtype, const py::bytes& packed, int64_t algorithm, int64_t direction,
                        Address /*stream*/) {
  if (dtype < 0 || dtype > 4 || direction < 0 || direction > 2) {
    throw std::invalid_argument("conv2d_workspace: dtype must be 0 to 4, direction 0 to 2");
  }
  const Window window = window_of(packed);
  const Direction pass = static_cast<Direction>(direction);
  switch (static_cast<Dtype>(dtype)) {
    case Dtype::kFloat16:
      return mma_conv2d_workspace<Float16>(window, pass);
    case Dtype::kBfloat16:
      return mma_conv2d_workspace<Bfloat16>(window, pass);
    case Dtype::kTf32:
      return mma_conv2d_workspace<Tf32>(window, pass);
    default:
      return conv2d_workspace(dtype == 0 ? 4 : 8, window, algorithm_code(algorithm), pass);
  }
}

bool on_tensor_cores(int dtype) { return dtype > static_cast<int>(Dtype::kFloat64); }

// Tensor cores read windows where they lie.
void refuse_im2col(const char* name, int dtype, Algorithm algorithm) {
  if (on_tensor_cores(dtype) && algorithm == Algorithm::kIm2col) {
    throw std::invalid_argument(std::string(name) +
                                ": algorithm=2 (im2col) has no dtype=" + std::to_string(dtype));
  }
}

// Winograd's algorithm is the CPU's.
int64_t algorithm_of_pass(int dtype, const py::bytes& packed, int64_t algorithm, int64_t direction,
                          Address /*stream*/) {
  const Window window = window_of(packed);
  if (direction < 0 || direction > 2) {
    throw std::invalid_argument("conv2d_algorithm: direction must be 0 to 2");
  }
  const Algorithm asked = algorithm_code(algorithm);
  const bool im2col = asked == Algorithm::kIm2col;
  if (asked == Algorithm::kWinograd || (im2col && on_tensor_cores(dtype))) {
    return static_cast<int64_t>(Algorithm::kAuto);
  }
  if (im2col) return static_cast<int64_t>(asked);
  const bool rounds = dtype == static_cast<int>(Dtype::kTf32);
  const bool depthwise = !rounds && is_depthwise(window);
  return static_cast<int64_t>(depthwise ? Algorithm::kDepthwise : Algorithm::kDirect);
}

void bind_forward(py::module_& m) {
  m.def("conv2d_algorithm", &algorithm_of_pass, py::arg("dtype"), py::arg("window"),
        py::arg("algorithm"), py::arg("direction"), py::arg("stream"),
        "Which algorithm a pass takes; 0 where the asked one cannot do the shape");
  m.def("conv2d_workspace", &workspace_bytes, py::arg("dtype"), py::arg("window"),
        py::arg("algorithm"), py::arg("direction"), py::arg("stream"),
        "Bytes of workspace that the caller must lend");
  m.def(
      "conv2d",
      [](int dtype, Address x, Address kernel, Address bias, Address y, const py::bytes& packed,
         int64_t algorithm, int64_t activation, Address workspace, Address stream) {
        const Window window = window_of(packed);
        const Algorithm chosen = algorithm_code(algorithm);
        const ActivationKind kind = activation_code(activation, kFusedActivations);
        refuse_im2col("conv2d", dtype, chosen);
        run_product("conv2d", dtype, stream, shape_text(window), [&](auto zero) {
          using T = decltype(zero);
          if constexpr (kOnTensorCores<T>) {
            mma_conv2d(at<const T>(x), at<const T>(kernel), at<const T>(bias), at<T>(y), window,
                       kind, at<void>(workspace), stream_of(stream));
          } else {
            conv2d(at<const T>(x), at<const T>(kernel), at<const T>(bias), at<T>(y), window, chosen,
                   kind, at<T>(workspace), stream_of(stream));
          }
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("kernel"), py::arg("bias"), py::arg("y"),
      py::arg("window"), py::arg("algorithm"), py::arg("activation"), py::arg("workspace"),
      py::arg("stream"), "y = activation(x * kernel + bias)");
}

void bind_backward(py::module_& m) {
  m.def(
      "conv2d_backward_data",
      [](int dtype, Address dy, Address kernel, Address dx, const py::bytes& packed,
         int64_t algorithm, Address workspace, Address stream) {
        const Window window = window_of(packed);
        const Algorithm chosen = algorithm_code(algorithm);
        refuse_im2col("conv2d_backward_data", dtype, chosen);
        run_product("conv2d_backward_data", dtype, stream, shape_text(window), [&](auto zero) {
          using T = decltype(zero);
          if constexpr (kOnTensorCores<T>) {
            mma_conv2d_backward_data(at<const T>(dy), at<const T>(kernel), at<T>(dx), window,
                                     at<void>(workspace), stream_of(stream));
          } else {
            conv2d_backward_data(at<const T>(dy), at<const T>(kernel), at<T>(dx), window, chosen,
                                 at<T>(workspace), stream_of(stream));
          }
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("kernel"), py::arg("dx"), py::arg("window"),
      py::arg("algorithm"), py::arg("workspace"), py::arg("stream"), "The gradient of x");
  m.def(
      "conv2d_backward_kernel",
      [](int dtype, Address x, Address dy, Address dkernel, Address dbias, const py::bytes& packed,
         int64_t algorithm, Address workspace, Address stream) {
        const Window window = window_of(packed);
        const Algorithm chosen = algorithm_code(algorithm);
        refuse_im2col("conv2d_backward_kernel", dtype, chosen);
        run_product("conv2d_backward_kernel", dtype, stream, shape_text(window), [&](auto zero) {
          using T = decltype(zero);
          if constexpr (kOnTensorCores<T>) {
            mma_conv2d_backward_kernel(at<const T>(x), at<const T>(dy), at<float>(dkernel),
                                       at<float>(dbias), window, at<void>(workspace),
                                       stream_of(stream));
          } else {
            conv2d_backward_kernel(at<const T>(x), at<const T>(dy), at<T>(dkernel), at<T>(dbias),
                                   window, chosen, at<T>(workspace), stream_of(stream));
          }
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("dy"), py::arg("dkernel"), py::arg("dbias"),
      py::arg("window"), py::arg("algorithm"), py::arg("workspace"), py::arg("stream"),
      "The gradients of kernel and bias");
}

}  // namespace

void register_conv2d(py::module_& m) {
  bind_forward(m);
  bind_backward(m);
}

}  // namespace pyconv
