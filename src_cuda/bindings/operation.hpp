// SPDX-License-Identifier: BSD-3-Clause
// The frame of every bound operation: no GIL, errors that name the operation and its shape.
#pragma once

#include <string>

#include "bindings/arguments.hpp"
#include "device.hpp"
#include "error.hpp"

namespace pyconv {

inline void* stream_of(Address stream) { return at<void>(stream); }

// A code below `count`: kActivations, or kFusedActivations at the end of a product.
inline ActivationKind activation_code(int64_t kind, int64_t count) {
  if (kind < 0 || kind >= count) {
    throw std::invalid_argument("activation=" + std::to_string(kind) + "; must be 0 to " +
                                std::to_string(count - 1));
  }
  return static_cast<ActivationKind>(kind);
}

inline Algorithm algorithm_code(int64_t algorithm) {
  if (algorithm < 0 || algorithm >= kAlgorithms) {
    throw std::invalid_argument("algorithm=" + std::to_string(algorithm) + "; must be 0 to 3");
  }
  return static_cast<Algorithm>(algorithm);
}

inline std::string shape_text(const Window& w) {
  const auto pair = [](const char* name, int64_t a, int64_t b) {
    return std::string(name) + "=" + std::to_string(a) + "x" + std::to_string(b);
  };
  return pair("n, c", w.n, w.c) + pair(", image", w.h, w.w) + pair(", window", w.kh, w.kw) +
         pair(", strides", w.sh, w.sw) + pair(", top, left", w.top, w.left) +
         pair(", dilation", w.dil_h, w.dil_w) + pair(", output", w.oh, w.ow) +
         pair(", filters, groups", w.f, w.groups) +
         (w.channels_first != 0 ? ", channels_first" : ", channels_last");
}

// Calls body(float()) or body(double()); `shape` ends the text of a kernel's error.
template <class Body>
void run_operation(const char* name, int dtype, Address stream, const std::string& shape,
                   Body&& body) {
  with_dtype(dtype, [&](auto zero) {
    try {
      begin_operation();
      body(zero);
      end_operation(stream_of(stream));
    } catch (const KernelError& error) {
      throw KernelError(std::string(name) + ": " + error.what() + " [" + shape + "]");
    }
  });
}

void register_conv2d(py::module_& m);
void register_dense(py::module_& m);
void register_device(py::module_& m);
void register_dropout(py::module_& m);
void register_elementwise(py::module_& m);
void register_gemm(py::module_& m);
void register_local_response_norm(py::module_& m);
void register_normalization(py::module_& m);
void register_sigmoid_cross_entropy(py::module_& m);
void register_softmax(py::module_& m);
void register_pool2d(py::module_& m);
void register_sample2d(py::module_& m);
void register_softmax_cross_entropy(py::module_& m);

}  // namespace pyconv
