// SPDX-License-Identifier: BSD-3-Clause
#include "ops/conv2d.hpp"

#include "bindings/arguments.hpp"
#include "ops/activation.hpp"
#include "ops/conv2d_algorithm.hpp"
#include "ops/conv2d_max_pool2d.hpp"
#include "ops/separable_conv2d.hpp"

namespace pyconv {
namespace {

// Linear, relu and relu6, whose gradient the pooled result alone decides.
constexpr int64_t kClampingActivations = 3;

Algorithm algorithm_of(int64_t code) {
  if (code < 0 || code >= kAlgorithms) {
    throw std::invalid_argument("algorithm=" + std::to_string(code) + "; must be 0 to 3");
  }
  return static_cast<Algorithm>(code);
}

void bind_choice(py::module_& m) {
  m.def(
      "conv2d_algorithm",
      [](int dtype, const py::bytes& packed, int64_t algorithm, int64_t direction) {
        const Window window = window_of(packed);
        const Algorithm asked = algorithm_of(algorithm);
        Algorithm chosen = Algorithm::kAuto;
        with_dtype(dtype, [&](auto zero) {
          chosen =
              conv2d_algorithm<decltype(zero)>(window, asked, static_cast<ConvPass>(direction));
        });
        return static_cast<int64_t>(chosen);
      },
      py::arg("dtype"), py::arg("window"), py::arg("algorithm"), py::arg("direction"),
      "Which algorithm a pass takes; 0 where the asked one cannot do the shape");
}

void bind_prepare(py::module_& m) {
  m.def(
      "conv2d_prepared_size",
      [](int dtype, const py::bytes& packed, int64_t algorithm) {
        const Window window = window_of(packed);
        const Algorithm asked = algorithm_of(algorithm);
        int64_t size = 0;
        with_dtype(dtype,
                   [&](auto zero) { size = conv2d_prepared_size<decltype(zero)>(window, asked); });
        return size;
      },
      py::arg("dtype"), py::arg("window"), py::arg("algorithm"),
      "Elements of a kernel made ready for conv2d, 0 where there is nothing to make ready");
  m.def(
      "conv2d_prepare",
      [](int dtype, Address kernel, Address prepared, const py::bytes& packed, int64_t algorithm) {
        const Window window = window_of(packed);
        const Algorithm asked = algorithm_of(algorithm);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          conv2d_prepare(at<const T>(kernel), at<T>(prepared), window, asked);
        });
      },
      py::arg("dtype"), py::arg("kernel"), py::arg("prepared"), py::arg("window"),
      py::arg("algorithm"), "Makes a kernel ready; conv2d takes it as its workspace");
}

void forward(int dtype, Address x, Address kernel, Address bias, Address residual, Address y,
             const py::bytes& packed, int64_t algorithm, int64_t activation, Address prepared) {
  const Window window = window_of(packed);
  const Algorithm chosen = algorithm_of(algorithm);
  const ActivationKind kind = activation_kind(activation, kFusedActivations);
  repeatable(dtype, [=](auto zero) {
    using T = decltype(zero);
    conv2d(at<const T>(x), at<const T>(kernel), at<const T>(bias), at<const T>(residual), at<T>(y),
           window, chosen, kind, at<const T>(prepared));
    finish_activation(at<T>(y), window.output_pixels() * window.f, kind);
  });
}

void bind_forward(py::module_& m) {
  m.def(
      "conv2d_workspace", [](int, const py::bytes&, int64_t, int64_t) { return int64_t(0); },
      py::arg("dtype"), py::arg("window"), py::arg("algorithm"), py::arg("direction"),
      "Bytes that the caller must lend: none, the arena has them");
  m.def(
      "conv2d",
      [](int dtype, Address x, Address kernel, Address bias, Address y, const py::bytes& packed,
         int64_t algorithm, int64_t activation, Address prepared) {
        forward(dtype, x, kernel, bias, 0, y, packed, algorithm, activation, prepared);
      },
      py::arg("dtype"), py::arg("x"), py::arg("kernel"), py::arg("bias"), py::arg("y"),
      py::arg("window"), py::arg("algorithm"), py::arg("activation"), py::arg("workspace"),
      "y = activation(x * kernel + bias)");
  m.def("conv2d_residual", &forward, py::arg("dtype"), py::arg("x"), py::arg("kernel"),
        py::arg("bias"), py::arg("residual"), py::arg("y"), py::arg("window"), py::arg("algorithm"),
        py::arg("activation"), py::arg("workspace"),
        "y = activation(x * kernel + bias + residual)");
}

void bind_backward(py::module_& m) {
  m.def(
      "conv2d_backward_data",
      [](int dtype, Address dy, Address kernel, Address dx, const py::bytes& packed,
         int64_t algorithm, Address) {
        const Window window = window_of(packed);
        const Algorithm chosen = algorithm_of(algorithm);
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          conv2d_backward_data(at<const T>(dy), at<const T>(kernel), at<T>(dx), window, chosen);
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("kernel"), py::arg("dx"), py::arg("window"),
      py::arg("algorithm"), py::arg("workspace"), "The gradient of x");
  m.def(
      "conv2d_add_backward_data",
      [](int dtype, Address dy, Address kernel, Address dx, const py::bytes& packed,
         int64_t algorithm) {
        const Window window = window_of(packed);
        const Algorithm chosen = algorithm_of(algorithm);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          conv2d_backward_data(at<const T>(dy), at<const T>(kernel), at<T>(dx), window, chosen,
                               true);
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("kernel"), py::arg("dx"), py::arg("window"),
      py::arg("algorithm"), "Adds the gradient of x to dx");
  m.def(
      "conv2d_backward_kernel",
      [](int dtype, Address x, Address dy, Address dkernel, Address dbias, const py::bytes& packed,
         int64_t algorithm, Address) {
        const Window window = window_of(packed);
        const Algorithm chosen = algorithm_of(algorithm);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          conv2d_backward_kernel(at<const T>(x), at<const T>(dy), at<T>(dkernel), at<T>(dbias),
                                 window, chosen);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("dy"), py::arg("dkernel"), py::arg("dbias"),
      py::arg("window"), py::arg("algorithm"), py::arg("workspace"),
      "The gradients of kernel and bias");
}

void bind_pooled(py::module_& m) {
  m.def(
      "conv2d_max_pool2d",
      [](int dtype, Address x, Address kernel, Address bias, Address y, Address argmax,
         const py::bytes& packed, const py::bytes& packed_pool, int64_t activation) {
        const Window window = window_of(packed), pool = window_of(packed_pool);
        const ActivationKind kind = activation_kind(activation, kClampingActivations);
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          conv2d_max_pool2d(at<const T>(x), at<const T>(kernel), at<const T>(bias), at<T>(y),
                            at<void>(argmax), window, pool, kind);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("kernel"), py::arg("bias"), py::arg("y"),
      py::arg("argmax"), py::arg("window"), py::arg("pool"), py::arg("activation"),
      "y = max_pool2d(activation(x * kernel + bias)), an activation up to relu6");
  m.def(
      "conv2d_max_pool2d_backward",
      [](int dtype, Address dy, Address y, Address argmax, Address x, Address dkernel,
         Address dbias, const py::bytes& packed, const py::bytes& packed_pool, int64_t activation) {
        const Window window = window_of(packed), pool = window_of(packed_pool);
        const ActivationKind kind = activation_kind(activation, kClampingActivations);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          conv2d_max_pool2d_backward(at<const T>(dy), at<const T>(y), at<const void>(argmax),
                                     at<const T>(x), at<T>(dkernel), at<T>(dbias), window, pool,
                                     kind);
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("y"), py::arg("argmax"), py::arg("x"),
      py::arg("dkernel"), py::arg("dbias"), py::arg("window"), py::arg("pool"),
      py::arg("activation"), "The gradients of its kernel and bias");
}

void bind_separable(py::module_& m) {
  m.def(
      "separable_conv2d",
      [](int dtype, Address x, Address depthwise_kernel, Address depthwise_bias,
         Address pointwise_kernel, Address bias, Address y, const py::bytes& packed,
         const py::bytes& packed_point, int64_t between, int64_t activation, Address prepared) {
        const Window window = window_of(packed), point = window_of(packed_point);
        const ActivationKind middle = activation_kind(between, kFusedActivations);
        const ActivationKind last = activation_kind(activation, kFusedActivations);
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          separable_conv2d<T>(at<const T>(x),
                              {at<const T>(depthwise_kernel), at<const T>(depthwise_bias), middle},
                              {at<const T>(pointwise_kernel), at<const T>(bias), last}, at<T>(y),
                              window, point, at<const T>(prepared));
          finish_activation(at<T>(y), point.output_pixels() * point.f, last);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("depthwise_kernel"), py::arg("depthwise_bias"),
      py::arg("pointwise_kernel"), py::arg("bias"), py::arg("y"), py::arg("window"),
      py::arg("pointwise_window"), py::arg("between"), py::arg("activation"), py::arg("workspace"),
      "y = activation(between(x * depthwise + its bias) * pointwise + bias)");
}

}  // namespace

void register_conv2d(py::module_& m) {
  bind_choice(m);
  bind_prepare(m);
  bind_forward(m);
  bind_backward(m);
  bind_pooled(m);
  bind_separable(m);
}

}  // namespace pyconv
