// SPDX-License-Identifier: BSD-3-Clause
#include "bindings/program.hpp"

#include <pybind11/stl.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <tuple>

#include "bindings/arguments.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Worth all threads, whatever a lane costs.
constexpr int64_t kMuchWork = int64_t(1) << 40;

class Making {
 public:
  explicit Making(Program& program) { Program::being_made() = &program; }
  ~Making() { Program::being_made() = nullptr; }
};

std::unique_ptr<Program> program(const std::vector<std::pair<py::function, py::tuple>>& calls) {
  auto made = std::make_unique<Program>();
  const Making making(*made);
  int64_t count = 0;
  for (const auto& [function, arguments] : calls) {
    function(*arguments);
    if (made->size() != ++count) return nullptr;
  }
  return made;
}

// A program and its results: where a run leaves one, where those of all parts belong, its bytes.
using Lane = std::tuple<const Program*, std::vector<std::tuple<Address, Address, int64_t>>>;

void run_lanes(const std::vector<Lane>& lanes, Address x, int64_t bytes, int64_t parts) {
  std::atomic<int64_t> next{0};
  parallel_for(int64_t(lanes.size()), kMuchWork, [&](int64_t number) {
    const auto& [program, results] = lanes[number];
    for (int64_t part = next++; part < parts; part = next++) {
      program->run(x + part * bytes);
      for (const auto& [from, to, size] : results) {
        std::memcpy(at<char>(to) + part * size, at<const char>(from), size_t(size));
      }
      keep_going();
    }
  });
}

}  // namespace

void register_program(py::module_& m) {
  py::class_<Program>(m, "Program").def("run", [](const Program& p, Address x) {
    without_gil([&] { p.run(x); });
  });
  m.attr("OF_INPUT") = kOfInput;
  m.def("program", &program, py::arg("calls"),
        "Calls (function, arguments) kept as one; None where one of them cannot be kept");
  m.def(
      "run_lanes",
      [](const std::vector<Lane>& lanes, Address x, int64_t bytes, int64_t parts) {
        without_gil([&] { run_lanes(lanes, x, bytes, parts); });
      },
      py::arg("lanes"), py::arg("x"), py::arg("bytes"), py::arg("parts"),
      "Programs run side by side on the parts of x; of each lane (program, [(from, to, bytes)])");
}

}  // namespace pyconv
