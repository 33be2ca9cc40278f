// SPDX-License-Identifier: BSD-3-Clause
#include "dispatch.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace pyconv {
namespace {

// A table is offered only if the CPU and the system run everything it was compiled for.
std::vector<const Kernels*> runnable() {
  std::vector<const Kernels*> tables = {&scalar_kernels};
#if defined(PYCONV_X86_ISAS)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2) tables.push_back(&avx2_kernels);
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    tables.push_back(&avx512_kernels);
  }
#endif
  return tables;
}

const Kernels* find(const std::string& name, const char* origin) {
  std::string choices;
  for (const Kernels* table : runnable()) {
    if (name == table->name) return table;
    choices += (choices.empty() ? "" : ", ") + std::string(table->name);
  }
  throw std::invalid_argument(std::string(origin) + "=" + name + "; this CPU can run: " + choices);
}

const Kernels* first_choice() {
  const char* wanted = std::getenv("PYCONV_ISA");
  if (wanted && *wanted) return find(wanted, "PYCONV_ISA");
  return runnable().back();
}

std::atomic<const Kernels*>& current() {
  static std::atomic<const Kernels*> table{first_choice()};
  return table;
}

}  // namespace

const Kernels& kernels() { return *current().load(std::memory_order_relaxed); }

void set_isa(const std::string& name) { current().store(find(name, "isa")); }

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const Kernels* table : runnable()) names.emplace_back(table->name);
  return names;
}

std::string cpu_name() {
#if defined(__x86_64__)
  unsigned registers[12];
  for (unsigned leaf = 0; leaf < 3; ++leaf) {
    unsigned* r = registers + 4 * leaf;
    if (!__get_cpuid(0x80000002u + leaf, r, r + 1, r + 2, r + 3)) return "unknown x86-64 CPU";
  }
  char text[sizeof registers + 1] = {};
  std::memcpy(text, registers, sizeof registers);
  std::string name = text;
  const size_t first = name.find_first_not_of(' ');
  const size_t last = name.find_last_not_of(' ');
  return first == std::string::npos ? "x86-64 CPU" : name.substr(first, last - first + 1);
#else
  return "unknown CPU";
#endif
}

}  // namespace pyconv
