// SPDX-License-Identifier: BSD-3-Clause
// Bindings of activation functions and of adam_step.
#include <vector>

#include "bindings/operation.hpp"
#include "ops/launchers.hpp"

namespace pyconv {
namespace {

std::vector<AdamRecord> records_of(const py::bytes& table) {
  const std::string packed = table;
  if (packed.size() % sizeof(AdamRecord) != 0) {
    throw std::invalid_argument("adam_step: table has " + std::to_string(packed.size()) +
                                " bytes; must be records of five int64");
  }
  std::vector<AdamRecord> records(packed.size() / sizeof(AdamRecord));
  if (!records.empty()) std::memcpy(records.data(), packed.data(), packed.size());
  return records;
}

void bind_activation(py::module_& m) {
  m.def(
      "activation",
      [](int dtype, Address x, Address y, int64_t size, int64_t kind, double slope, double upper,
         double threshold, Address stream) {
        const ActivationKind code = activation_code(kind, kActivations);
        const ActivationOptions options{slope, upper, threshold};
        run_operation("activation", dtype, stream, "size=" + std::to_string(size), [&](auto zero) {
          using T = decltype(zero);
          activation(at<const T>(x), at<T>(y), size, code, options, stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("size"), py::arg("kind"),
      py::arg("slope"), py::arg("upper"), py::arg("threshold"), py::arg("stream"), "y = f(x)");
  m.def(
      "activation_backward",
      [](int dtype, Address dy, Address kept, Address dx, int64_t size, int64_t kind, double slope,
         double upper, double threshold, Address stream) {
        const ActivationKind code = activation_code(kind, kActivations);
        const ActivationOptions options{slope, upper, threshold};
        const std::string shape = "size=" + std::to_string(size);
        run_operation("activation_backward", dtype, stream, shape, [&](auto zero) {
          using T = decltype(zero);
          activation_backward(at<const T>(dy), at<const T>(kept), at<T>(dx), size, code, options,
                              stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("kept"), py::arg("dx"), py::arg("size"),
      py::arg("kind"), py::arg("slope"), py::arg("upper"), py::arg("threshold"), py::arg("stream"),
      "dx = f'(x) dy, told from the kept y or x");
}

void bind_adam_step(py::module_& m) {
  m.def(
      "adam_step",
      [](int dtype, const py::bytes& table, double learning_rate, double beta_1, double beta_2,
         double epsilon, int64_t step, Address stream) {
        const std::vector<AdamRecord> records = records_of(table);
        const std::string shape = "tensors=" + std::to_string(records.size());
        run_operation("adam_step", dtype, stream, shape, [&](auto zero) {
          using T = decltype(zero);
          adam_step<T>(records.data(), static_cast<int64_t>(records.size()), learning_rate, beta_1,
                       beta_2, epsilon, step, stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("table"), py::arg("learning_rate"), py::arg("beta_1"),
      py::arg("beta_2"), py::arg("epsilon"), py::arg("step"), py::arg("stream"),
      "One step of Adam on every tensor of the table, in place");
}

}  // namespace

void register_elementwise(py::module_& m) {
  bind_activation(m);
  bind_adam_step(m);
}

}  // namespace pyconv
