// SPDX-License-Identifier: BSD-3-Clause
// Bindings of what certifies a device: the wrappers of special instructions, one by one, and the
// convolution by its definition; see benchmarks/gpu/wrappers.py and oracle.py.
#include "bindings/operation.hpp"
#include "certify/reference_conv2d.hpp"
#include "certify/wrappers.hpp"

namespace pyconv {
namespace {

void bind_wrappers(py::module_& m) {
  m.def(
      "ptx_wrappers",
      [] {
        py::dict words;
        for (const certify::WrapperInfo& it : certify::wrappers()) {
          words[it.name] = py::make_tuple(it.words_in, it.words_out);
        }
        return words;
      },
      "Words that a warp reads and writes, by wrapper of ptx.cuh");
  m.def(
      "run_ptx_wrapper",
      [](const std::string& name, Address words, Address out, int64_t warps, Address stream) {
        const std::string shape = "warps=" + std::to_string(warps);
        run_operation_of<float>(name.c_str(), 0, stream, shape, [&](float) {
          if (!certify::run_wrapper(name, at<const uint32_t>(words), at<uint32_t>(out), warps,
                                    stream_of(stream))) {
            throw std::invalid_argument("run_ptx_wrapper: name=" + name +
                                        "; must be one of ptx_wrappers()");
          }
        });
      },
      py::arg("name"), py::arg("words"), py::arg("out"), py::arg("warps"), py::arg("stream"),
      "Runs one wrapper on the words of each warp");
}

void bind_reference(py::module_& m) {
  m.def(
      "reference_conv2d",
      [](int dtype, Address x, Address kernel, Address bias, Address y, const py::bytes& packed,
         Address stream) {
        const Window window = window_of(packed);
        run_operation_of<float, double>(
            "reference_conv2d", dtype, stream, shape_text(window), [&](auto zero) {
              using T = decltype(zero);
              certify::reference_conv2d(at<const T>(x), at<const T>(kernel), at<const T>(bias),
                                        at<T>(y), window, stream_of(stream));
            });
      },
      py::arg("dtype"), py::arg("x"), py::arg("kernel"), py::arg("bias"), py::arg("y"),
      py::arg("window"), py::arg("stream"), "y = x * kernel + bias, one thread for an element");
  m.def(
      "reference_conv2d_backward_data",
      [](int dtype, Address dy, Address kernel, Address dx, const py::bytes& packed,
         Address stream) {
        const Window window = window_of(packed);
        run_operation_of<float, double>(
            "reference_conv2d_backward_data", dtype, stream, shape_text(window), [&](auto zero) {
              using T = decltype(zero);
              certify::reference_conv2d_backward_data(at<const T>(dy), at<const T>(kernel),
                                                      at<T>(dx), window, stream_of(stream));
            });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("kernel"), py::arg("dx"), py::arg("window"),
      py::arg("stream"), "The gradient of x, one thread for an element");
  m.def(
      "reference_conv2d_backward_kernel",
      [](int dtype, Address x, Address dy, Address dkernel, Address dbias, const py::bytes& packed,
         Address stream) {
        const Window window = window_of(packed);
        run_operation_of<float, double>(
            "reference_conv2d_backward_kernel", dtype, stream, shape_text(window), [&](auto zero) {
              using T = decltype(zero);
              certify::reference_conv2d_backward_kernel(at<const T>(x), at<const T>(dy),
                                                        at<T>(dkernel), at<T>(dbias), window,
                                                        stream_of(stream));
            });
      },
      py::arg("dtype"), py::arg("x"), py::arg("dy"), py::arg("dkernel"), py::arg("dbias"),
      py::arg("window"), py::arg("stream"),
      "The gradients of kernel and bias, one thread for an element");
}

}  // namespace

void register_certification(py::module_& m) {
  bind_wrappers(m);
  bind_reference(m);
}

}  // namespace pyconv
