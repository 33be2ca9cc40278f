// SPDX-License-Identifier: BSD-3-Clause
// The models of ptx.cuh alone: on given words, and in kernels that misuse them, each of which a GPU
// might run to the right answer.
#include <map>
#include <string>
#include <vector>

#include "bindings/arguments.hpp"
#include "device.hpp"
#include "simt_host/banks.hpp"
#include "simt_host/self_test.hpp"
#include "simt_host/simt_host.hpp"

#include "element.cuh"
#include "launch.cuh"
#include "ops/mma_product.hpp"

namespace pyconv::simt {
namespace {

constexpr int kBlock = 64;  // threads of the kernels below, two warps
constexpr int kWords = 512;

struct Params {
  Global<const int> in;
  Global<int> out;
};

Shared<uint32_t> words() { return shared<uint32_t>(0, kWords); }
int thread() { return static_cast<int>(threadIdx.x); }
int word_of(int i) { return static_cast<int>(static_cast<uint32_t>(words()[i])); }

void wait_for_all() {
  ptx::cp_async_commit_group();
  ptx::cp_async_wait_group<0>();
}

void copy_in(Params p, int word, int64_t index, bool inside = true) {
  ptx::cp_async<4>(words(), word, p.in, index, inside);
}

void copy_kernel(Params p) {  // reverses the block by asynchronous copies
  copy_in(p, thread(), thread());
  wait_for_all();
  __syncthreads();
  p.out[thread()] = word_of(63 - thread());
}

void copy_zeros_kernel(Params p) {  // odd threads copy from outside
  copy_in(p, thread(), thread() % 2 == 0 ? thread() : 1000000, thread() % 2 == 0);
  wait_for_all();
  p.out[thread()] = word_of(thread());
}

void copy_groups_kernel(Params p) {  // the first group is there while the second is under way
  copy_in(p, thread(), thread());
  ptx::cp_async_commit_group();
  copy_in(p, thread() + 64, thread());
  ptx::cp_async_commit_group();
  ptx::cp_async_wait_group<1>();
  const int first = word_of(thread());
  ptx::cp_async_wait_group<0>();
  p.out[thread()] = first + word_of(thread() + 64);
}

void copy_wide_kernel(Params p) {  // 16 and 8 bytes
  if (thread() < 8) ptx::cp_async<16>(words(), 4 * thread(), p.in, 4 * thread(), true);
  if (thread() < 16) ptx::cp_async<8>(words(), 32 + 2 * thread(), p.in, 32 + 2 * thread(), true);
  wait_for_all();
  __syncthreads();
  p.out[thread()] = word_of(thread());
}

void copy_never_waited_kernel(Params p) {
  copy_in(p, thread(), thread());
  ptx::cp_async_commit_group();
  p.out[thread()] = word_of(thread());
}

void copy_waits_for_older_kernel(Params p) {  // reads the group that is still under way
  copy_in(p, thread(), thread());
  ptx::cp_async_commit_group();
  copy_in(p, thread() + 64, thread());
  ptx::cp_async_commit_group();
  ptx::cp_async_wait_group<1>();
  p.out[thread()] = word_of(thread() + 64);
}

void copy_not_committed_kernel(Params p) {
  copy_in(p, thread(), thread());
  ptx::cp_async_wait_group<0>();
  p.out[thread()] = word_of(thread());
}

void copy_no_barrier_kernel(Params p) {  // the wait shows a thread its own copies alone
  words()[thread()] = 0;
  __syncthreads();
  copy_in(p, thread(), thread());
  wait_for_all();
  p.out[thread()] = word_of(63 - thread());
}

void copy_over_reader_kernel(Params p) {  // a word is filled anew while others still read it
  words()[thread()] = 0;
  __syncthreads();
  p.out[thread()] = word_of(63 - thread());
  copy_in(p, thread(), thread());
  wait_for_all();
}

void copy_left_kernel(Params p) {
  p.out[thread()] = 0;
  copy_in(p, thread(), thread());
  ptx::cp_async_commit_group();
}

void copy_misaligned_source_kernel(Params p) {
  p.out[thread()] = 0;
  ptx::cp_async<8>(words(), 2 * thread(), p.in, thread() + 1, true);
  wait_for_all();
}

void copy_misaligned_destination_kernel(Params p) {
  p.out[thread()] = 0;
  ptx::cp_async<16>(words(), 2 * thread(), p.in, 0, true);
  wait_for_all();
}

void copy_out_of_bounds_kernel(Params p) {
  p.out[thread()] = 0;
  copy_in(p, thread(), thread() + 1);
  wait_for_all();
}

int load_and_sum(int word) {
  uint32_t matrix[1];
  ptx::ldmatrix<1, false>(matrix, words(), word);
  return static_cast<int>(matrix[0]);
}

void fill() {
  for (int i = thread(); i < kWords; i += kBlock) words()[i] = static_cast<uint32_t>(i);
}

void ldmatrix_misaligned_kernel(Params p) {
  fill();
  __syncthreads();
  p.out[thread()] = load_and_sum(thread() % 8 * 4 + 1);
}

void ldmatrix_uninitialised_kernel(Params p) { p.out[thread()] = load_and_sum(thread() % 8 * 4); }

void ldmatrix_no_barrier_kernel(Params p) {
  fill();
  p.out[thread()] = load_and_sum(thread() % 8 * 4);
}

void ldmatrix_divergent_kernel(Params p) {
  fill();
  __syncthreads();
  uint32_t matrix[1];
  if (thread() % 32 < 16) {
    ptx::ldmatrix<1, false>(matrix, words(), 0);
  } else {
    ptx::ldmatrix<1, false>(matrix, words(), 0);
  }
  p.out[thread()] = static_cast<int>(matrix[0]);
}

void ldmatrix_partial_kernel(Params p) {
  fill();
  __syncthreads();
  p.out[thread()] = 0;
  if (thread() % 32 == 7) return;
  p.out[thread()] = load_and_sum(0);
}

void mma_divergent_kernel(Params p) {
  float d[4] = {};
  const uint32_t a[4] = {}, b[2] = {};
  if (thread() % 32 == 0) {
    ptx::mma<Float16>(d, a, b);
  } else {
    ptx::mma<Float16>(d, a, b);
  }
  p.out[thread()] = static_cast<int>(d[0]);
}

void mma_unrounded_kernel(Params p) {  // a float32 with more bits than tf32
  float d[4] = {};
  const uint32_t a[4] = {0x3f800001u, 0, 0, 0}, b[2] = {};
  ptx::mma<Tf32>(d, a, b);
  p.out[thread()] = static_cast<int>(d[0]);
}

using Kernel = void (*)(Params);
const std::map<std::string, Kernel>& kernels() {
  static const std::map<std::string, Kernel> all = {
      {"copy", copy_kernel},
      {"copy_zeros", copy_zeros_kernel},
      {"copy_groups", copy_groups_kernel},
      {"copy_wide", copy_wide_kernel},
      {"copy_never_waited", copy_never_waited_kernel},
      {"copy_waits_for_older", copy_waits_for_older_kernel},
      {"copy_not_committed", copy_not_committed_kernel},
      {"copy_no_barrier", copy_no_barrier_kernel},
      {"copy_over_reader", copy_over_reader_kernel},
      {"copy_left", copy_left_kernel},
      {"copy_misaligned_source", copy_misaligned_source_kernel},
      {"copy_misaligned_destination", copy_misaligned_destination_kernel},
      {"copy_out_of_bounds", copy_out_of_bounds_kernel},
      {"ldmatrix_misaligned", ldmatrix_misaligned_kernel},
      {"ldmatrix_uninitialised", ldmatrix_uninitialised_kernel},
      {"ldmatrix_no_barrier", ldmatrix_no_barrier_kernel},
      {"ldmatrix_divergent", ldmatrix_divergent_kernel},
      {"ldmatrix_partial", ldmatrix_partial_kernel},
      {"mma_divergent", mma_divergent_kernel},
      {"mma_unrounded", mma_unrounded_kernel},
  };
  return all;
}

// Runs a kernel on one block over in = 0, 1, ...; returns out.
std::vector<int> run_kernel(const std::string& name) {
  const auto found = kernels().find(name);
  if (found == kernels().end()) throw py::key_error(name);
  alignas(16) int in[kBlock];
  std::vector<int> out(kBlock);
  for (int i = 0; i < kBlock; ++i) in[i] = i;
  pyconv::begin_operation();
  const Params params{input("in", in, kBlock), output("out", out.data(), kBlock)};
  launch(name.c_str(), found->second, 1, kBlock, kWords * 4, nullptr, params);
  pyconv::end_operation(nullptr);
  return out;
}

struct LoadParams {
  Global<const uint32_t> in;   // (kWords)
  Global<const int32_t> rows;  // (32) first word of each lane's row
  Global<uint32_t> out;        // (32, count)
};

template <int kCount, bool kTransposed>
void load_kernel(LoadParams p) {
  for (int i = thread(); i < kWords; i += kWarp) words()[i] = static_cast<uint32_t>(p.in[i]);
  __syncthreads();
  uint32_t matrices[kCount];
  ptx::ldmatrix<kCount, kTransposed>(matrices, words(), p.rows[thread()]);
  for (int i = 0; i < kCount; ++i) p.out[thread() * kCount + i] = matrices[i];
}

void ldmatrix(int count, bool transposed, Address in, Address rows, Address out) {
  const LoadParams params{input("in", at<const uint32_t>(in), kWords),
                          input("rows", at<const int32_t>(rows), kWarp),
                          output("out", at<uint32_t>(out), kWarp * count)};
  void (*const kernels[])(LoadParams) = {load_kernel<1, false>, load_kernel<2, false>,
                                         load_kernel<4, false>, load_kernel<1, true>,
                                         load_kernel<2, true>,  load_kernel<4, true>};
  launch("load", kernels[count / 2 + (transposed ? 3 : 0)], 1, kWarp, kWords * 4, nullptr, params);
}

struct MultiplyParams {
  Global<const uint32_t> a, b;  // (32, 4), (32, 2)
  Global<float> d;              // (32, 4)
  int type;                     // 0 to 2: float16, bfloat16, tf32; 3: float16 over 8 elements
};

void multiply_kernel(MultiplyParams p) {
  uint32_t a[4], b[2];
  float d[4];
  for (int i = 0; i < 4; ++i) a[i] = p.a[thread() * 4 + i];
  for (int i = 0; i < 2; ++i) b[i] = p.b[thread() * 2 + i];
  for (int i = 0; i < 4; ++i) d[i] = p.d[thread() * 4 + i];
  if (p.type == 0) ptx::mma<Float16>(d, a, b);
  if (p.type == 1) ptx::mma<Bfloat16>(d, a, b);
  if (p.type == 2) ptx::mma<Tf32>(d, a, b);
  if (p.type == 3) ptx::mma_m16n8k8(d, {a[0], a[1]}, b[0]);
  for (int i = 0; i < 4; ++i) p.d[thread() * 4 + i] = d[i];
}

void mma(int type, Address a, Address b, Address d) {
  launch("multiply", multiply_kernel, 1, kWarp, 0, nullptr,
         MultiplyParams{input("a", at<const uint32_t>(a), kWarp * 4),
                        input("b", at<const uint32_t>(b), kWarp * 2),
                        in_out("d", at<float>(d), kWarp * 4), type});
}

// Neighbours of y are packed by one instruction: the count is even.
void convert(const std::string& kind, Address x, Address y, int64_t count) {
  for (int64_t i = 0; i < count; i += 2) {
    const float* wide = at<const float>(x) + i;
    if (kind == "float16") at<uint32_t>(y)[i / 2] = ptx::pack_float16(wide[0], wide[1]);
    if (kind == "bfloat16") at<uint32_t>(y)[i / 2] = ptx::pack_bfloat16(wide[0], wide[1]);
    for (int64_t j = i; j < i + 2; ++j) {
      if (kind == "tf32") at<uint32_t>(y)[j] = ptx::to_tf32(at<const uint32_t>(x)[j]);
      if (kind == "from_float16") at<float>(y)[j] = widen(at<const Float16>(x)[j]);
      if (kind == "from_bfloat16") at<float>(y)[j] = widen(at<const Bfloat16>(x)[j]);
    }
  }
}

}  // namespace

void register_ptx_self_test(py::module_& m) {
  m.def(
      "ptx_self_tests",
      [] {
        py::list names;
        for (const auto& [name, kernel] : kernels()) names.append(name);
        return names;
      },
      "Names of the kernels that use and misuse special instructions");
  m.def(
      "run_ptx_self_test",
      [](const std::string& name) {
        py::list out;
        for (const int value : run_kernel(name)) out.append(value);
        return out;
      },
      py::arg("name"), "Runs one of them on a block of 64 threads over 0, 1, ...");
  m.def("ptx_ldmatrix", &ldmatrix, py::arg("count"), py::arg("transposed"), py::arg("words"),
        py::arg("rows"), py::arg("out"), "One warp's ldmatrix on 512 words of shared memory");
  m.def("ptx_mma", &mma, py::arg("type"), py::arg("a"), py::arg("b"), py::arg("d"),
        "One warp's mma on the fragments of its lanes");
  m.def("ptx_convert", &convert, py::arg("kind"), py::arg("x"), py::arg("y"), py::arg("count"),
        "Conversions between float32 and narrower types");
  m.def(
      "force_mma_block", [](int size) { mma_forced_block = size; }, py::arg("size"),
      "Tensor-core products take small (0) or large (1) blocks where they can; -1: by the shape");
  m.def(
      "count_banks",
      [](bool on) {
        note_accesses(on);
        reset_banks();
      },
      py::arg("on"), "Counts phases and bank conflicts of shared memory from now on, or no more");
  m.def(
      "bank_count", [] { return py::make_tuple(bank_count().phases, bank_count().conflicts); },
      "Phases and conflicts counted so far");
}

}  // namespace pyconv::simt
