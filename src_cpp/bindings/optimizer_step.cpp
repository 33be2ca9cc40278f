// SPDX-License-Identifier: BSD-3-Clause
#include "ops/optimizer_step.hpp"

#include <vector>

#include "bindings/arguments.hpp"

namespace pyconv {
namespace {

std::vector<StepTensor> tensors_of(const py::bytes& table) {
  const size_t size = static_cast<size_t>(PyBytes_GET_SIZE(table.ptr()));
  if (size % sizeof(StepTensor) != 0) {
    throw std::invalid_argument("table: " + std::to_string(size) +
                                " bytes; must be records of 6 int64");
  }
  std::vector<StepTensor> tensors(size / sizeof(StepTensor));
  if (size) std::memcpy(tensors.data(), PyBytes_AS_STRING(table.ptr()), size);
  return tensors;
}

}  // namespace

void register_optimizer_step(py::module_& m) {
  m.def(
      "optimizer_step",
      [](int dtype, int64_t rule, const py::bytes& table, double rate, double decay, double a,
         double b, double c, double epsilon) {
        if (rule < 0 || rule >= kStepRules) {
          throw std::invalid_argument("rule=" + std::to_string(rule) + "; must be a StepRule");
        }
        const std::vector<StepTensor> tensors = tensors_of(table);
        const StepOptions options{rate, decay, a, b, c, epsilon};
        with_dtype(dtype, [&](auto zero) {
          optimizer_step<decltype(zero)>(static_cast<StepRule>(rule), tensors.data(),
                                         int64_t(tensors.size()), options);
        });
      },
      py::arg("dtype"), py::arg("rule"), py::arg("table"), py::arg("rate"), py::arg("decay"),
      py::arg("a"), py::arg("b"), py::arg("c"), py::arg("epsilon"),
      "One step of an optimizer, in place, on records (param, grad, 3 states, size)");
}

}  // namespace pyconv
