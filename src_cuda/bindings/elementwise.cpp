// SPDX-License-Identifier: BSD-3-Clause
// Bindings of activation functions and of optimizer_step.
#include <vector>

#include "bindings/operation.hpp"
#include "ops/launchers.hpp"
#include "ops/launchers_16bit.hpp"

namespace pyconv {
namespace {

void bind_activation(py::module_& m) {
  m.def(
      "activation",
      [](int dtype, Address x, Address y, int64_t size, int64_t kind, double slope, double upper,
         double threshold, Address stream) {
        const ActivationKind code = activation_code(kind, kActivations);
        const ActivationOptions options{slope, upper, threshold};
        run_any_operation(
            "activation", dtype, stream, "size=" + std::to_string(size), [&](auto zero) {
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
        run_any_operation("activation_backward", dtype, stream, shape, [&](auto zero) {
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
        const StepOptions options{rate, decay, a, b, c, epsilon};
        const StepRule chosen = static_cast<StepRule>(rule);
        const bool masters = dtype == static_cast<int>(Dtype::kFloat16) ||
                             dtype == static_cast<int>(Dtype::kBfloat16);
        std::vector<StepTensor> records;
        std::vector<MasterTensor> master_records;
        if (masters) {
          master_records = records_of<MasterTensor>("optimizer_step", table);
        } else {
          records = records_of<StepTensor>("optimizer_step", table);
        }
        const std::string shape =
            "tensors=" + std::to_string(records.size() + master_records.size());
        run_any_operation("optimizer_step", dtype, stream, shape, [&](auto zero) {
          using T = decltype(zero);
          if constexpr (kOnTensorCores<T>) {
            master_step<T>(chosen, master_records.data(),
                           static_cast<int64_t>(master_records.size()), options, stream_of(stream));
          } else {
            optimizer_step<T>(chosen, records.data(), static_cast<int64_t>(records.size()), options,
                              stream_of(stream));
          }
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
