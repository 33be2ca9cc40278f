// SPDX-License-Identifier: BSD-3-Clause
// The frame of every bound operation: no GIL, errors that name the operation and its shape.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "bindings/arguments.hpp"
#include "device.hpp"
#include "element.hpp"
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

template <class T>
constexpr Dtype kDtypeOf = std::is_same_v<T, double>     ? Dtype::kFloat64
                           : std::is_same_v<T, Float16>  ? Dtype::kFloat16
                           : std::is_same_v<T, Bfloat16> ? Dtype::kBfloat16
                           : std::is_same_v<T, Tf32>     ? Dtype::kTf32
                                                         : Dtype::kFloat32;
template <class T>
constexpr bool kOnTensorCores = kDtypeOf<T> > Dtype::kFloat64;

// Calls body with a zero of the one of Types that dtype names; `shape` ends the text of a kernel's
// error.
template <class... Types, class Body>
void run_operation_of(const char* name, int dtype, Address stream, const std::string& shape,
                      Body&& body) {
  if (!((dtype == static_cast<int>(kDtypeOf<Types>)) || ...)) {
    throw std::invalid_argument(std::string(name) + ": dtype=" + std::to_string(dtype) +
                                "; the operation has no such element type");
  }
  without_gil([&] {
    try {
      begin_operation();
      ((dtype == static_cast<int>(kDtypeOf<Types>) ? body(Types{}) : void()), ...);
      end_operation(stream_of(stream));
    } catch (const KernelError& error) {
      throw KernelError(std::string(name) + ": " + error.what() + " [" + shape + "]");
    }
  });
}

// Arrays that products round to tf32 are float32 elsewhere.
inline int outside_products(int dtype) {
  return dtype == static_cast<int>(Dtype::kTf32) ? static_cast<int>(Dtype::kFloat32) : dtype;
}

// Operations in float32 and float64.
template <class Body>
void run_operation(const char* name, int dtype, Address stream, const std::string& shape,
                   Body&& body) {
  run_operation_of<float, double>(name, outside_products(dtype), stream, shape, body);
}

// Those that 16-bit arrays have too.
template <class Body>
void run_any_operation(const char* name, int dtype, Address stream, const std::string& shape,
                       Body&& body) {
  run_operation_of<float, double, Float16, Bfloat16>(name, outside_products(dtype), stream, shape,
                                                     body);
}

// Scales, offsets and gradients of weights beside arrays of T.
template <class T>
using WeightOf = std::conditional_t<kOnTensorCores<T>, float, T>;

// Products, which tensor cores compute too.
template <class Body>
void run_product(const char* name, int dtype, Address stream, const std::string& shape,
                 Body&& body) {
  run_operation_of<float, double, Float16, Bfloat16, Tf32>(name, dtype, stream, shape, body);
}

// Records of int64 that Python packed.
template <class Record>
std::vector<Record> records_of(const char* name, const py::bytes& table) {
  const std::string packed = table;
  if (packed.size() % sizeof(Record) != 0) {
    throw std::invalid_argument(std::string(name) + ": table has " + std::to_string(packed.size()) +
                                " bytes; must be records of " + std::to_string(sizeof(Record) / 8) +
                                " int64");
  }
  std::vector<Record> records(packed.size() / sizeof(Record));
  if (!records.empty()) std::memcpy(records.data(), packed.data(), packed.size());
  return records;
}

void register_certification(py::module_& m);  // where PYCONV_CERTIFY is defined
void register_conv2d(py::module_& m);
void register_dense(py::module_& m);
void register_device(py::module_& m);
void register_dropout(py::module_& m);
void register_elementwise(py::module_& m);
void register_gemm(py::module_& m);
void register_local_response_norm(py::module_& m);
void register_mixed_precision(py::module_& m);
void register_normalization(py::module_& m);
void register_sigmoid_cross_entropy(py::module_& m);
void register_softmax(py::module_& m);
void register_pool2d(py::module_& m);
void register_sample2d(py::module_& m);
void register_softmax_cross_entropy(py::module_& m);

}  // namespace pyconv
