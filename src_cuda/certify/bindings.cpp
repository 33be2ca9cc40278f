// SPDX-License-Identifier: BSD-3-Clause
// Bindings of the wrappers of special instructions, one by one; see benchmarks/gpu/wrappers.py.
#include "bindings/operation.hpp"
#include "certify/wrappers.hpp"

namespace pyconv {

void register_certification(py::module_& m) {
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

}  // namespace pyconv
