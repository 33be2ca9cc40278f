// SPDX-License-Identifier: BSD-3-Clause
// Where elements begin. Python passes an array, None for nothing, or a number.
#pragma once

#include <pybind11/numpy.h>

#include <cstdint>

namespace pyconv {

struct Address {
  uintptr_t value = 0;

  constexpr Address() = default;
  constexpr Address(uintptr_t number) : value(number) {}
  constexpr operator uintptr_t() const { return value; }
};

}  // namespace pyconv

namespace pybind11::detail {

// Of arrays the base class alone: subclasses may mean other elements than they hold.
template <>
struct type_caster<pyconv::Address> {
  PYBIND11_TYPE_CASTER(pyconv::Address, io_name("int | numpy.ndarray | None", "int"));

  bool load(handle source, bool) {
    PyObject* const object = source.ptr();
    if (Py_TYPE(object) == array_type()) {
      value = reinterpret_cast<uintptr_t>(array_proxy(object)->data);
    } else if (object == Py_None) {
      value = uintptr_t(0);
    } else if (PyLong_CheckExact(object)) {
      const size_t number = PyLong_AsSize_t(object);
      if (number == size_t(-1) && PyErr_Occurred()) {
        PyErr_Clear();
        return false;
      }
      value = number;
    } else {
      return false;
    }
    return true;
  }
  static handle cast(pyconv::Address address, return_value_policy, handle) {
    return PyLong_FromSize_t(address.value);
  }

 private:
  // The look-up lets go of the GIL. A static that is initialised by it would be locked meanwhile,
  // and a second thread would wait for that lock with the GIL, which the first one waits for.
  static PyTypeObject* array_type() {
    static PyTypeObject* type = nullptr;
    if (!type) type = npy_api::get().PyArray_Type_;
    return type;
  }
};

}  // namespace pybind11::detail
