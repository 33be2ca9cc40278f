// SPDX-License-Identifier: BSD-3-Clause
// From Python's plain arguments (addresses, dtype codes, packed windows) to typed ones.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

#include "bindings/program.hpp"
#include "geometry.hpp"

namespace pyconv {

namespace py = pybind11;

template <class T>
T* at(Address address) {
  if (address >= kOfInput) address = Program::input() + (address - kOfInput);
  return reinterpret_cast<T*>(address.value);
}

inline Window window_of(const py::bytes& packed) {
  Window window;
  if (PyBytes_GET_SIZE(packed.ptr()) != Py_ssize_t(sizeof window)) {
    throw std::invalid_argument("window: " + std::to_string(PyBytes_GET_SIZE(packed.ptr())) +
                                " bytes; must be Window.packed");
  }
  std::memcpy(&window, PyBytes_AS_STRING(packed.ptr()), sizeof window);
  return window;
}

// Calls body without the GIL. No destructor takes it back: at interpreter exit the attempt ends a
// daemon thread by unwinding, which must not pass a noexcept frame. For a program that is being
// made nothing is done.
template <class Body>
void without_gil(Body&& body) {
  if (Program::being_made()) return;
  PyThreadState* const state = PyEval_SaveThread();
  try {
    body();
  } catch (...) {
    PyEval_RestoreThread(state);
    throw;
  }
  PyEval_RestoreThread(state);
}

template <class Body>
void with_zero_of(int dtype, Body&& body) {
  if (dtype == 0) {
    body(float());
  } else {
    body(double());
  }
}

inline void check_dtype(int dtype) {
  if (dtype != 0 && dtype != 1) {
    throw std::invalid_argument("dtype=" + std::to_string(dtype) +
                                "; must be 0 (float32) or 1 (float64)");
  }
}

// Calls body(float()) or body(double()) without the GIL.
template <class Body>
void with_dtype(int dtype, Body&& body) {
  check_dtype(dtype);
  without_gil([&] { with_zero_of(dtype, body); });
}

// The same, or keeps it for a program that is being made: the body has copies of all it uses.
template <class Body>
void repeatable(int dtype, Body body) {
  check_dtype(dtype);
  if (Program* const program = Program::being_made()) {
    return program->keep([dtype, body] { with_zero_of(dtype, body); });
  }
  with_dtype(dtype, body);
}

}  // namespace pyconv
