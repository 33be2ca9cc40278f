// SPDX-License-Identifier: BSD-3-Clause
// Each fault is a kernel that a GPU would often run to the right answer; the layer must name it.
// The faultless ones show that the checks do not cry wolf.
#include "simt_host/self_test.hpp"

#include <map>
#include <string>
#include <vector>

#include "device.hpp"
#include "simt_host/simt_host.hpp"

#include "launch.cuh"
#include "ops/product.hpp"

namespace pyconv::simt {
namespace {

namespace py = pybind11;

struct Params {
  Global<const int> in;
  Global<int> out;   // (blocks * threads)
  Global<int> both;  // likewise, filled with zeros
};

Shared<int> words() { return shared<int>(0, 64); }

int thread() { return static_cast<int>(threadIdx.x); }

void clean_kernel(Params p) {  // reverses its block through shared memory
  words()[thread()] = p.in[global_thread()];
  __syncthreads();
  p.out[global_thread()] = words()[63 - thread()];
}

void clean_warp_kernel(Params p) {  // neighbours of a warp exchange words, then shuffle
  words()[thread()] = p.in[global_thread()];
  __syncwarp();
  const int other = words()[thread() ^ 1];
  const int turned = __shfl_xor_sync(kFullWarp, other, 1);
  const bool any = __any_sync(kFullWarp, turned < 0);
  const unsigned ballot = __ballot_sync(kFullWarp, thread() % 32 == 3);
  p.out[global_thread()] = any || ballot != 8u ? -1 : turned;
}

void race_kernel(Params p) {  // the second barrier is missing
  words()[thread()] = 0;
  __syncthreads();
  words()[thread()] = p.in[global_thread()];
  p.out[global_thread()] = words()[63 - thread()];
}

void race_after_kernel(Params p) {  // words are written while others still read them
  words()[thread()] = p.in[global_thread()];
  __syncthreads();
  const int other = words()[63 - thread()];
  words()[thread()] = other;
  p.out[global_thread()] = other;
}

void race_across_warps_kernel(Params p) {  // __syncwarp is not enough
  words()[thread()] = 0;
  __syncthreads();
  words()[thread()] = p.in[global_thread()];
  __syncwarp();
  p.out[global_thread()] = words()[63 - thread()];
}

void shuffle_is_no_barrier_kernel(Params p) {
  words()[thread()] = 0;
  __syncthreads();
  words()[thread()] = p.in[global_thread()];
  const int value = __shfl_xor_sync(kFullWarp, 1, 1);
  p.out[global_thread()] = words()[thread() ^ 1] + value;
}

void race_across_blocks_kernel(Params p) {  // every block writes the same words
  p.out[thread()] = p.in[thread()];
  p.out[global_thread()] = 0;
}

void read_across_blocks_kernel(Params p) {  // a block reads what another one writes
  p.out[global_thread()] = p.both[(global_thread() + 64) % 192];
  p.both[global_thread()] = p.in[global_thread()];
}

void divergent_barrier_kernel(Params p) {
  if (thread() < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  p.out[global_thread()] = 0;
}

void partial_barrier_kernel(Params p) {
  p.out[global_thread()] = 0;
  if (thread() == 5) return;
  __syncthreads();
}

void partial_warp_kernel(Params p) {
  p.out[global_thread()] = 0;
  if (thread() % 32 == 7) return;
  __syncwarp();
}

void meet_all() { __syncthreads(); }

void deadlock_kernel(Params p) {  // thread 0 waits for the block, its warp for thread 0
  p.out[global_thread()] = 0;
  if (thread() == 0) meet_all();
  if (thread() < 32) __syncwarp();
  if (thread() != 0) meet_all();
}

void out_of_bounds_read_kernel(Params p) { p.out[global_thread()] = p.in[global_thread() + 1]; }

void out_of_bounds_write_kernel(Params p) { p.out[global_thread() - 1] = 0; }

void shared_out_of_bounds_kernel(Params p) {
  words()[thread() + 1] = 0;
  p.out[global_thread()] = 0;
}

void shared_beyond_launch_kernel(Params p) {  // more than the launch asked for
  shared<int>(4, 64)[thread()] = 0;
  p.out[global_thread()] = 0;
}

void shared_misaligned_kernel(Params p) {
  shared<double>(4, 8)[0] = 0;
  p.out[global_thread()] = 0;
}

void uninitialised_shared_kernel(Params p) { p.out[global_thread()] = words()[thread()]; }

void uninitialised_global_kernel(Params p) { p.out[global_thread()] = p.out[global_thread()] + 1; }

void incomplete_kernel(Params p) {
  if (thread() != 9) p.out[global_thread()] = 0;
}

void write_to_input_kernel(Params p) {
  Global<int> in;
  in.buffer_ = p.in.buffer_;
  in[global_thread()] = 0;
}

void absent_kernel(Params p) {
  Global<int> none = nullptr;
  p.out[global_thread()] = 0;
  none[thread()] = 0;
}

using Kernel = void (*)(Params);
const std::map<std::string, Kernel>& kernels() {
  static const std::map<std::string, Kernel> all = {
      {"clean", clean_kernel},
      {"clean_warp", clean_warp_kernel},
      {"race", race_kernel},
      {"race_after", race_after_kernel},
      {"race_across_warps", race_across_warps_kernel},
      {"shuffle_is_no_barrier", shuffle_is_no_barrier_kernel},
      {"race_across_blocks", race_across_blocks_kernel},
      {"read_across_blocks", read_across_blocks_kernel},
      {"divergent_barrier", divergent_barrier_kernel},
      {"partial_barrier", partial_barrier_kernel},
      {"partial_warp", partial_warp_kernel},
      {"deadlock", deadlock_kernel},
      {"out_of_bounds_read", out_of_bounds_read_kernel},
      {"out_of_bounds_write", out_of_bounds_write_kernel},
      {"shared_out_of_bounds", shared_out_of_bounds_kernel},
      {"shared_beyond_launch", shared_beyond_launch_kernel},
      {"shared_misaligned", shared_misaligned_kernel},
      {"uninitialised_shared", uninitialised_shared_kernel},
      {"uninitialised_global", uninitialised_global_kernel},
      {"incomplete", incomplete_kernel},
      {"write_to_input", write_to_input_kernel},
      {"absent", absent_kernel},
  };
  return all;
}

// Runs a kernel on three blocks of 64 threads over in = 0, 1, ...; returns out.
std::vector<int> run_self_test(const std::string& name) {
  const auto found = kernels().find(name);
  if (found == kernels().end()) throw py::key_error(name);
  constexpr int kCount = 3 * 64;
  std::vector<int> in(kCount), out(kCount), both(kCount);
  for (int i = 0; i < kCount; ++i) in[static_cast<size_t>(i)] = i;
  pyconv::begin_operation();
  const Params params{input("in", in.data(), kCount), output("out", out.data(), kCount),
                      in_out("both", both.data(), kCount)};
  launch(name.c_str(), found->second, 3, 64, 64 * sizeof(int), nullptr, params);
  pyconv::end_operation(nullptr);
  return out;
}

}  // namespace

void register_self_test(py::module_& m) {
  m.def(
      "self_tests",
      [] {
        py::list names;
        for (const auto& [name, kernel] : kernels()) names.append(name);
        return names;
      },
      "Names of the host layer's own kernels");
  m.def(
      "run_self_test",
      [](const std::string& name) {
        py::list out;
        for (const int value : run_self_test(name)) out.append(value);
        return out;
      },
      py::arg("name"), "Runs one of them on three blocks of 64 threads over 0, 1, ...");
  m.def(
      "divide", [](int64_t n, int64_t value) { return divisor(value).divide(n); }, py::arg("n"),
      py::arg("value"), "n / value as the kernels divide");
  m.def(
      "force_block",
      [](int block, int slices) {
        forced_block = block;
        forced_slices = slices;
      },
      py::arg("block"), py::arg("slices"),
      "Products take blocks of a kind (0 small, 1 narrow, 2 wide) and cut sums into as many "
      "slices, "
      "where they can; -1: by the shape");
  m.def("set_schedule_seed", &set_schedule_seed, py::arg("seed"),
        "Chooses the order of blocks and threads, instead of PYCONV_SIMT_SEED");
}

}  // namespace pyconv::simt
