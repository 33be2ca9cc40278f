// SPDX-License-Identifier: BSD-3-Clause
// The host as a device: there is one, it has no driver, and nothing is ever pending.
#include "device.hpp"

#include "error.hpp"
#include "simt_host/schedule.hpp"

namespace pyconv {
namespace {

void check(int device) {
  if (device != 0) throw KernelError("device " + std::to_string(device) + " does not exist");
}

}  // namespace

int device_count() { return 1; }
int driver_version() { return 0; }
int runtime_version() { return 0; }
std::vector<std::string> architectures() { return {"simt"}; }
std::string device_name(int device) {
  check(device);
  return "host SIMT layer";
}
int compute_capability(int device) {
  check(device);
  return 0;
}
void require_capability(const char* /*operation*/, int /*least*/) {}
void synchronize(void* /*stream*/) {}
void begin_operation() { simt::begin_operation(); }
void end_operation(void* /*stream*/) { simt::end_operation(); }

}  // namespace pyconv
