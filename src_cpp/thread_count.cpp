// SPDX-License-Identifier: BSD-3-Clause
#include "thread_count.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace pyconv {
namespace {

constexpr int kMost = 1024;

int affinity_count() {
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// CPUs allowed by one cpu.max file ("quota period" or "max period"), 0 = unlimited.
double quota_of(const std::string& path) {
  std::ifstream file(path);
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 0;
  return std::strtod(quota.c_str(), nullptr) / period;
}

// The same from the two files of cgroup v1.
double quota_v1(const std::string& folder) {
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us");
  std::ifstream period_file(folder + "/cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) return 0;
  return quota / period;
}

// Folders of this process in the hierarchy of one controller, the innermost first.
template <class Visit>
void for_each_cgroup(const std::string& mark, const std::string& root, Visit&& visit) {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    const size_t at = line.find(mark);
    if (at == std::string::npos) continue;
    std::string path = line.substr(at + mark.size());
    while (true) {
      visit(root + path);
      if (path.empty()) return;
      path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
    }
  }
}

int quota_count() {
  double smallest = 0;
  const auto keep = [&](double cpus) {
    if (cpus > 0 && (smallest == 0 || cpus < smallest)) smallest = cpus;
  };
  for_each_cgroup("0::", "/sys/fs/cgroup",
                  [&](const std::string& folder) { keep(quota_of(folder + "/cpu.max")); });
  for_each_cgroup("cpu,cpuacct:", "/sys/fs/cgroup/cpu",
                  [&](const std::string& folder) { keep(quota_v1(folder)); });
  return smallest == 0 ? kMost : std::max(1, static_cast<int>(std::ceil(smallest)));
}

// A whole number from 1 to 1024 at the start of the text, up to `end`; 0 for anything else.
int parse_count(const std::string& text) {
  if (text.empty() || text.size() > 4) return 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return 0;
  }
  const int count = std::atoi(text.c_str());
  return count <= kMost ? count : 0;
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t");
  const size_t last = text.find_last_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

}  // namespace

int start_thread_count() {
  if (const char* wanted = std::getenv("PYCONV_NUM_THREADS")) {
    if (const int count = parse_count(trimmed(wanted))) return count;
    throw std::invalid_argument("PYCONV_NUM_THREADS=" + std::string(wanted) +
                                "; must be a whole number from 1 to 1024");
  }
  const int cpus = affinity_count();
  if (const char* wanted = std::getenv("OMP_NUM_THREADS")) {
    const std::string list = wanted;
    if (const int count = parse_count(trimmed(list.substr(0, list.find(','))))) {
      return std::min(count, cpus);
    }
  }
  return std::min(cpus, quota_count());
}

}  // namespace pyconv
