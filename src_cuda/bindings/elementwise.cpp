// SPDX-License-Identifier: BSD-3-Clause
// Bindings of activation functions and of optimizer_step.
#include <vector>

#include "bindings/operation.hpp"
#include "ops/launchers.hpp"

namespace pyconv {
namespace {

std::vector<StepTensor> records_of(const py::bytes& table) {
  const std::string packed = table;
  if (packed.size() % sizeof(StepTensor) != 0) {
    throw std::invalid_argument("optimizer_step: table has " + std::to_string(packed.size()) +
                                " bytes; must be records of six int64");
  }
  std::vector<StepTensor> records(packed.size() / sizeof(StepTensor));
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

void bind_optimizer_step(py::module_& m) {
  m.def(
      "optimizer_step",
      [](int dtype, int64_t rule, const py::bytes& table, double rate, double decay, double a,
         double b, double c, double epsilon, Address stream) {
        if (rule < 0 || rule >= kStepRules) {
          throw std::invalid_argument("rule=" + std::to_string(rule) + "; must be a StepRule");
        }
        const std::vector<StepTensor> records = records_of(table);
        const StepOptions options{rate, decay, a, b, c, epsilon};
        const std::string shape = "tensors=" + std::to_string(records.size());
        run_operation("optimizer_step", dtype, stream, shape, [&](auto zero) {
          optimizer_step<decltype(zero)>(static_cast<StepRule>(rule), records.data(),
                                         static_cast<int64_t>(records.size()), options,
                                         stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("rule"), py::arg("table"), py::arg("rate"), py::arg("decay"),
      py::arg("a"), py::arg("b"), py::arg("c"), py::arg("epsilon"), py::arg("stream"),
      "One step of an optimizer on every tensor of the table, in place");
}

}  // namespace

void register_elementwise(py::module_& m) {
  bind_activation(m);
  bind_optimizer_step(m);
}

}  // namespace pyconv
