// SPDX-License-Identifier: BSD-3-Clause
// Bindings of what only training in 16 bits needs.
#include "bindings/operation.hpp"
#include "ops/launchers_16bit.hpp"

namespace pyconv {
namespace {

template <class From>
void convert_from(int dtype, Address x, Address y, int64_t size, Address stream) {
  const std::string shape = "size=" + std::to_string(size);
  run_operation_of<float, Float16, Bfloat16>("convert", dtype, stream, shape, [&](auto zero) {
    using To = decltype(zero);
    if constexpr (!std::is_same_v<From, To>) {
      convert(at<const From>(x), at<To>(y), size, stream_of(stream));
    }
  });
}

}  // namespace

void register_mixed_precision(py::module_& m) {
  m.def(
      "convert",
      [](int from, int dtype, Address x, Address y, int64_t size, Address stream) {
        if (from == dtype) {
          throw std::invalid_argument("convert: from=dtype=" + std::to_string(dtype) +
                                      "; must be two element types");
        }
        switch (static_cast<Dtype>(from)) {
          case Dtype::kFloat32:
            return convert_from<float>(dtype, x, y, size, stream);
          case Dtype::kFloat16:
            return convert_from<Float16>(dtype, x, y, size, stream);
          case Dtype::kBfloat16:
            return convert_from<Bfloat16>(dtype, x, y, size, stream);
          default:
            throw std::invalid_argument("convert: from=" + std::to_string(from) +
                                        "; must be 0 (float32), 2 (float16) or 3 (bfloat16)");
        }
      },
      py::arg("from_dtype"), py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("size"),
      py::arg("stream"), "y = x in another element type, rounded to the nearest");
  m.def(
      "add",
      [](int dtype, Address a, Address b, Address y, int64_t size, Address stream) {
        const std::string shape = "size=" + std::to_string(size);
        run_operation_of<Float16, Bfloat16>("add", dtype, stream, shape, [&](auto zero) {
          using T = decltype(zero);
          add(at<const T>(a), at<const T>(b), at<T>(y), size, stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("a"), py::arg("b"), py::arg("y"), py::arg("size"),
      py::arg("stream"), "y = a + b in 16 bits");
  m.def(
      "unscale",
      [](const py::bytes& table, double factor, Address first_bad, Address stream) {
        const auto records = records_of<GradientTensor>("unscale", table);
        const std::string shape = "tensors=" + std::to_string(records.size());
        run_operation_of<float>("unscale", 0, stream, shape, [&](float) {
          unscale(records.data(), static_cast<int64_t>(records.size()), factor,
                  at<int64_t>(first_bad), stream_of(stream));
        });
      },
      py::arg("table"), py::arg("factor"), py::arg("first_bad"), py::arg("stream"),
      "Multiplies float32 gradients; lowers first_bad to the first tensor that is not finite");
}

}  // namespace pyconv
