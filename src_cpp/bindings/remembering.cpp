// SPDX-License-Identifier: BSD-3-Clause
// Remembers what checked constructors make: small operations come with the same sizes often.
#include <pybind11/pybind11.h>

#include <cstdint>

namespace pyconv {

namespace py = pybind11;

namespace {

// Tuples in tuples go no deeper than in pairs of pairs: to look into them, and to hash them, takes
// a call a level, and the stack has an end.
constexpr int kDeepest = 2;

bool is_plain_tuple(PyObject* value, int deepest) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value); ++i) {
    PyObject* const item = PyTuple_GET_ITEM(value, i);
    if (PyLong_CheckExact(item)) continue;
    if (deepest == 1 || !PyTuple_CheckExact(item) || !is_plain_tuple(item, deepest - 1)) {
      return false;
    }
  }
  return true;
}

bool is_plain(PyObject* value) {
  const PyTypeObject* const type = Py_TYPE(value);
  if (type == &PyTuple_Type) return is_plain_tuple(value, kDeepest);
  return type == &PyLong_Type || type == &PyUnicode_Type || type == &PyBool_Type ||
         value == Py_None;
}

// What arguments are looked up by, or null where one is not plain. 1 == True, but a constructor may
// refuse one of them: where there are booleans, their places are part of it, and `...`, which no
// plain arguments hold, so that it equals none of those.
py::object key_of(PyObject* arguments) {
  uint64_t booleans = 0;
  const Py_ssize_t count = PyTuple_GET_SIZE(arguments);
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* const value = PyTuple_GET_ITEM(arguments, i);
    if (!is_plain(value)) return {};
    if (PyBool_Check(value)) {
      if (i >= 64) return {};
      booleans |= uint64_t(1) << i;
    }
  }
  if (booleans == 0) return py::reinterpret_borrow<py::object>(arguments);
  return py::reinterpret_steal<py::object>(
      Py_BuildValue("(OOK)", Py_Ellipsis, arguments, static_cast<unsigned long long>(booleans)));
}

// memory: (the constructor, what it made by key, how many of them are kept)
PyObject* make_or_remember(PyObject* memory, PyObject* arguments, PyObject* options) {
  PyObject* const make = PyTuple_GET_ITEM(memory, 0);
  PyObject* const known = PyTuple_GET_ITEM(memory, 1);
  const py::object key = options == nullptr ? key_of(arguments) : py::object();
  if (!key) return PyErr_Occurred() ? nullptr : PyObject_Call(make, arguments, options);
  if (PyObject* const found = PyDict_GetItemWithError(known, key.ptr())) return Py_NewRef(found);
  if (PyErr_Occurred()) return nullptr;
  PyObject* const made = PyObject_Call(make, arguments, nullptr);
  if (made == nullptr) return nullptr;
  if (PyDict_GET_SIZE(known) >= PyLong_AsSsize_t(PyTuple_GET_ITEM(memory, 2))) PyDict_Clear(known);
  if (PyDict_SetItem(known, key.ptr(), made) != 0) {
    Py_DECREF(made);
    return nullptr;
  }
  return made;
}

PyMethodDef method = {
    "remembered", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&make_or_remember)),
    METH_VARARGS | METH_KEYWORDS, nullptr};

py::object remembered(const py::object& make, Py_ssize_t most) {
  const py::tuple memory = py::make_tuple(make, py::dict(), most);
  return py::reinterpret_steal<py::object>(PyCFunction_New(&method, memory.ptr()));
}

}  // namespace

void register_remembering(py::module_& m) {
  m.def("remembered", &remembered, py::arg("make"), py::arg("most"),
        "The constructor with a memory, for positional arguments that are plain: int, str, bool, "
        "None, tuples of int or of tuples of int");
}

}  // namespace pyconv
