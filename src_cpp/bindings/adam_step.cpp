// SPDX-License-Identifier: BSD-3-Clause
#include "ops/adam_step.hpp"

#include <vector>

#include "bindings/arguments.hpp"

namespace pyconv {
namespace {

std::vector<AdamTensor> tensors_of(const py::bytes& table) {
  const size_t size = static_cast<size_t>(PyBytes_GET_SIZE(table.ptr()));
  if (size % sizeof(AdamTensor) != 0) {
    throw std::invalid_argument("table: " + std::to_string(size) +
                                " bytes; must be records of 5 int64");
  }
  std::vector<AdamTensor> tensors(size / sizeof(AdamTensor));
  std::memcpy(tensors.data(), PyBytes_AS_STRING(table.ptr()), size);
  return tensors;
}

}  // namespace

void register_adam_step(py::module_& m) {
  m.def(
      "adam_step",
      [](int dtype, const py::bytes& table, double learning_rate, double beta_1, double beta_2,
         double epsilon, int64_t step) {
        const std::vector<AdamTensor> tensors = tensors_of(table);
        const AdamOptions options{learning_rate, beta_1, beta_2, epsilon, step};
        with_dtype(dtype, [&](auto zero) {
          adam_step<decltype(zero)>(tensors.data(), int64_t(tensors.size()), options);
        });
      },
      py::arg("dtype"), py::arg("table"), py::arg("learning_rate"), py::arg("beta_1"),
      py::arg("beta_2"), py::arg("epsilon"), py::arg("step"),
      "One step of Adam, in place, on records (param, grad, m, v, size)");
}

}  // namespace pyconv
