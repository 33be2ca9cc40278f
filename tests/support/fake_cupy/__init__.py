# SPDX-License-Identifier: BSD-3-Clause
"""Stands for the module cupy on machines without a GPU; its kernels are pyconv._simt's."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

import numpy as np

from fake_cupy.arrays import FUNCTIONS, ndarray
from fake_cupy.runtime import cuda as cuda
from fake_cupy.runtime import machine, reset

__version__ = "0.0"
PRODUCTS = (
    "conv2d",
    "conv2d_backward_data",
    "conv2d_backward_kernel",
    "dense",
    "dense_backward",
    "gemm",
)
float32, float64, int64 = np.float32, np.float64, np.int64


def get_default_memory_pool() -> Any:
    return cuda.get_default_memory_pool()


def empty(shape: Any, dtype: Any = float) -> ndarray:
    return ndarray.fresh(shape, dtype)


def full(shape: Any, value: Any, dtype: Any = None) -> ndarray:
    made = empty(shape, np.asarray(value).dtype if dtype is None else dtype)
    made.fill(value)
    return made


def zeros(shape: Any, dtype: Any = float) -> ndarray:
    return full(shape, 0, dtype)


def ones(shape: Any, dtype: Any = float) -> ndarray:
    return full(shape, 1, dtype)


def arange(*arguments: Any, **options: Any) -> ndarray:
    return asarray(np.arange(*arguments, **options))


def asarray(x: Any, dtype: Any = None) -> ndarray:
    if isinstance(x, ndarray):
        same = x._number == machine.device
        moved = x if same else asarray(x.get())
        return moved if dtype is None else moved.astype(dtype, copy=False)
    host = np.asarray(x, dtype)
    made = empty(host.shape, host.dtype.newbyteorder("="))
    machine.refuse_while_capturing("a copy from pageable memory")
    np.copyto(made._host, host)
    return made


array = asarray


def ascontiguousarray(x: ndarray, dtype: Any = None) -> ndarray:
    kept = x if x.flags.c_contiguous else x.copy()
    return kept if dtype is None else kept.astype(dtype, copy=False)


def asnumpy(x: Any) -> np.ndarray:
    return x.get() if isinstance(x, ndarray) else np.asarray(x)


def shares_memory(a: ndarray, b: ndarray) -> bool:
    return bool(np.shares_memory(a._host, b._host))


def broadcast_to(x: ndarray, shape: Any) -> ndarray:
    if not isinstance(x, ndarray):
        raise TypeError("The array argument of broadcast_to must be a cupy.ndarray")
    return np.broadcast_to(x, shape)


def from_dlpack(x: Any) -> ndarray:
    """Take the array that a test's foreign array stands for."""
    return x.__dlpack__()


def __getattr__(name: str) -> Any:
    """Return NumPy's function, which asks the device array what to do."""
    found = getattr(np, name, None)
    if name in FUNCTIONS or isinstance(found, np.ufunc):
        return found
    raise AttributeError(f"module 'cupy' has no attribute {name!r}")


def pyconv_cuda(simt: ModuleType) -> ModuleType:
    """Return pyconv._simt as pyconv._cuda: on the current stream, noted down while capturing."""
    module = ModuleType("pyconv._cuda")
    module.__spec__ = simt.__spec__

    def served(function: Any) -> Any:
        name = function.__name__

        @functools.wraps(function)
        def call(*arguments: Any) -> Any:
            assert arguments[-1] == machine.stream.ptr, "not CuPy's current stream"
            if name in PRODUCTS:
                machine.products.append((name, arguments[0]))
            if name in ("conv2d_algorithm", "conv2d_workspace"):
                return function(*arguments[:-1], 0)
            machine.calls[name] += 1
            machine.run(lambda: function(*arguments[:-1], 0))
            return None

        return call

    queries = ("architectures", "compute_capability", "device_count", "device_name")
    versions = ("driver_version", "runtime_version")
    for name in dir(simt):
        value = getattr(simt, name)
        if callable(value) and not name.startswith("_") and not isinstance(value, type):
            value = value if name in (*queries, *versions) else served(value)
        if not name.startswith("__"):
            setattr(module, name, value)
    return module


__all__ = ["cuda", "machine", "ndarray", "pyconv_cuda", "reset"]
