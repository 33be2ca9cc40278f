// SPDX-License-Identifier: BSD-3-Clause
// The module pyconv._core: one register function per concept.
#include <pybind11/pybind11.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.hpp"
#include "dispatch.hpp"
#include "parallel.hpp"

namespace pyconv {

namespace py = pybind11;

void register_activation(py::module_& m);
void register_addition(py::module_& m);
void register_conv2d(py::module_& m);
void register_dense(py::module_& m);
void register_dropout(py::module_& m);
void register_gemm(py::module_& m);
void register_im2col(py::module_& m);
void register_layout(py::module_& m);
void register_local_response_norm(py::module_& m);
void register_memory(py::module_& m);
void register_normalization(py::module_& m);
void register_optimizer_step(py::module_& m);
void register_pool2d(py::module_& m);
void register_probe(py::module_& m);
void register_program(py::module_& m);
void register_remembering(py::module_& m);
void register_runtime(py::module_& m);
void register_sigmoid_cross_entropy(py::module_& m);
void register_softmax(py::module_& m);
void register_sample2d(py::module_& m);
void register_softmax_cross_entropy(py::module_& m);

namespace {

// Runs on the calling thread between tasks. Python handles signals on the main thread alone; any
// other would only fight for the GIL, and end there if the interpreter is being shut down. An
// exception of a signal handler stays set on this thread and surfaces when the binding returns.
bool signal_pending() {
  if (static_cast<pid_t>(syscall(SYS_gettid)) != getpid()) return false;
  const PyGILState_STATE state = PyGILState_Ensure();
  const bool pending = PyErr_CheckSignals() != 0;
  PyGILState_Release(state);
  return pending;
}

void translate_interrupt(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const Interrupted&) {
    if (!PyErr_Occurred()) PyErr_SetNone(PyExc_KeyboardInterrupt);
  }
}

}  // namespace
}  // namespace pyconv

PYBIND11_MODULE(_core, m) {
  using namespace pyconv;
  m.doc() = "CPU kernels of pyconv; called through pyconv.backend.";
  init_threads();
  init_arena();
  kernels();
  set_interrupt_poll(&signal_pending);
  py::register_exception_translator(&translate_interrupt);
  register_activation(m);
  register_addition(m);
  register_conv2d(m);
  register_dense(m);
  register_dropout(m);
  register_gemm(m);
  register_im2col(m);
  register_layout(m);
  register_local_response_norm(m);
  register_memory(m);
  register_normalization(m);
  register_optimizer_step(m);
  register_pool2d(m);
  register_probe(m);
  register_program(m);
  register_remembering(m);
  register_runtime(m);
  register_sigmoid_cross_entropy(m);
  register_softmax(m);
  register_sample2d(m);
  register_softmax_cross_entropy(m);
}
