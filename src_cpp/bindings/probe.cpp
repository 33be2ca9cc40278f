// SPDX-License-Identifier: BSD-3-Clause
// Ceilings of this machine, for benchmarks: multiply-adds and copies of all threads together.
#include <algorithm>
#include <atomic>
#include <chrono>

#include "arena.hpp"
#include "bindings/arguments.hpp"
#include "dispatch.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr int64_t kAlwaysThreads = int64_t(1) << 40;

template <class T>
double fma_gflops(double seconds) {
  const KernelTable<T>& table = kernel_table_of<T>();
  constexpr int64_t kSteps = 20000;
  const int64_t tasks = int64_t(num_threads()) * 16;
  std::atomic<int64_t> sink{0};
  double best = 0;
  const Clock::time_point start = Clock::now();
  while (seconds_since(start) < seconds) {
    const Clock::time_point round = Clock::now();
    parallel_for(tasks, kAlwaysThreads,
                 [&](int64_t) { sink += table.probe_fma(kSteps) > T(0) ? 1 : 0; });
    best = std::max(best, double(tasks) * kSteps * table.probe_flops / seconds_since(round) * 1e-9);
  }
  return best;
}

double copy_gigabytes(int64_t bytes, int64_t repeats) {
  constexpr int64_t kPart = 1 << 14;  // floats
  const int64_t count = std::max<int64_t>(1, bytes / (kPart * int64_t(sizeof(float)))) * kPart;
  Scratch<float> from(count), to(count);
  std::fill_n(from.data(), count, 1.0f);
  const KernelTable<float>& table = kernel_table_of<float>();
  double best = 0;
  for (int64_t repeat = 0; repeat <= repeats; ++repeat) {
    const Clock::time_point round = Clock::now();
    parallel_for(count / kPart, kAlwaysThreads, [&](int64_t part) {
      table.stream(to.data() + part * kPart, from.data() + part * kPart, kPart);
      table.fence();
    });
    if (repeat > 0)
      best = std::max(best, 2.0 * count * sizeof(float) / seconds_since(round) * 1e-9);
  }
  return best;
}

}  // namespace

void register_probe(py::module_& m) {
  m.def(
      "_probe_fma",
      [](int dtype, int64_t milliseconds) {
        double gflops = 0;
        with_dtype(dtype, [&](auto zero) {
          gflops = fma_gflops<decltype(zero)>(double(milliseconds) * 1e-3);
        });
        return gflops;
      },
      py::arg("dtype"), py::arg("milliseconds"), "GFLOP/s of multiply-adds in registers");
  m.def(
      "_probe_copy",
      [](int64_t bytes, int64_t repeats) {
        double gigabytes = 0;
        without_gil([&] { gigabytes = copy_gigabytes(bytes, repeats); });
        return gigabytes;
      },
      py::arg("bytes"), py::arg("repeats"), "GB/s read and written by the best of some copies");
}

}  // namespace pyconv
