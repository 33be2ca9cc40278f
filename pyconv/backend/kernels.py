# SPDX-License-Identifier: BSD-3-Clause
"""The native functions by where an array lies; arrays become addresses."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from pyconv.backend.devices import cuda_module, cupy_of
from pyconv.backend.memory import empty_on
from pyconv.backend.native import CODES, Array, _core
from pyconv.backend.recording import Collecting, Kernel
from pyconv.backend.recording import calls as _calls

_NATIVE = [
    "gemm",
    "im2col",
    "col2im",
    "conv2d_algorithm",
    "conv2d_workspace",
    "conv2d",
    "conv2d_backward_data",
    "conv2d_backward_kernel",
    "max_pool2d",
    "max_pool2d_check",
    "max_pool2d_backward",
    "min_pool2d",
    "avg_pool2d",
    "avg_pool2d_backward",
    "resize",
    "resize_backward",
    "affine_sample",
    "affine_sample_backward",
    "dense",
    "dense_backward",
    "add",
    "activation",
    "activation_backward",
    "dropout",
    "local_response_norm",
    "local_response_norm_backward",
    "normalize",
    "normalize_backward",
    "sigmoid_cross_entropy",
    "sigmoid_cross_entropy_backward",
    "softmax",
    "softmax_backward",
    "softmax_cross_entropy",
    "labels_check",
    "softmax_cross_entropy_backward",
    "optimizer_step",
]
_OF_THE_CPU = [
    "conv2d_add_backward_data",
    "conv2d_residual",
    "conv2d_max_pool2d",
    "conv2d_max_pool2d_backward",
    "normalize_to_end",
    "normalize_to_end_backward",
    "separable_conv2d",
]


@contextmanager
def native_calls_by(recording: Collecting) -> Iterator[None]:
    """Let `recording` make the calls on host arrays that this thread makes meanwhile."""
    global _host_kernels
    plain = _host_kernels
    try:
        _calls.recording = recording
        _host_kernels = Kernels(plain.module, plain.trailing, collecting=True)
        yield
    finally:
        _host_kernels, _calls.recording = plain, None


class Kernels:
    """The native functions of one module; arrays become addresses, None becomes 0."""

    def __init__(
        self, module: ModuleType, trailing: tuple[int, ...], *, collecting: bool = False
    ) -> None:
        self.module, self.trailing = module, trailing
        self.has_arena = module is _core  # and wants no workspace lent
        make = _collecting if collecting else _on_host
        for name in _NATIVE + (_OF_THE_CPU if self.has_arena else []):
            setattr(self, name, make(getattr(module, name), trailing))

    def __getattr__(self, name: str) -> Kernel:
        raise AttributeError(f"no native function {name}")


def _on_host(function: Kernel, trailing: tuple[int, ...]) -> Kernel:
    if not trailing:
        return function  # _core reads addresses from arrays by itself
    address, array = _core.address, np.ndarray  # of which ops make all that a kernel sees

    def call(*arguments: Any) -> Any:
        plain = [
            address(value) if type(value) is array else 0 if value is None else value
            for value in arguments
        ]
        return function(*plain, *trailing)

    return call


def _collecting(function: Kernel, trailing: tuple[int, ...]) -> Kernel:
    address = _core.address

    def call(*arguments: Any) -> Any:
        plain = [
            address(value) if isinstance(value, np.ndarray) else 0 if value is None else value
            for value in (*arguments, *trailing)
        ]
        recording = _calls.recording
        return function(*plain) if recording is None else recording.made(function, plain, arguments)

    return call


class DeviceKernels:
    """pyconv._cuda on one device, on CuPy's current stream there; arrays become addresses.

    Raises:
        TypeError: of a call whose arrays lie on the host or on another device.
    """

    has_arena = False

    def __init__(self, module: ModuleType, cupy: Any, number: int) -> None:
        self.module = module
        self._cupy, self._number = cupy, number

    def __getattr__(self, name: str) -> Kernel:
        call = _on_device(getattr(self.module, name), self._cupy, self._number)
        setattr(self, name, call)
        return call


def _on_device(function: Kernel, cupy: Any, number: int) -> Kernel:
    ndarray, device, cuda = cupy.ndarray, cupy.cuda.Device(number), cupy.cuda

    def address(value: Any) -> Any:
        if isinstance(value, ndarray):
            if value.device.id == number:
                return value.data.ptr
            raise TypeError(
                f"{function.__name__}: arrays lie on cuda:{number} and cuda:{value.device.id}; "
                "move them to one device: model.to"
            )
        if isinstance(value, np.ndarray):
            raise TypeError(
                f"{function.__name__}: arrays lie on cuda:{number} and in NumPy; move them to one "
                "device: model.to"
            )
        return 0 if value is None else value

    def call(*arguments: Any) -> Any:
        plain = [address(value) for value in arguments]
        if cuda.runtime.getDevice() == number:
            return function(*plain, cuda.get_current_stream().ptr)
        with device:
            return function(*plain, cuda.get_current_stream().ptr)

    return call


_core_kernels = Kernels(_core, ())
_host_kernels = _core_kernels


def _use_host_kernels(name: str) -> None:
    """Serve NumPy arrays from "core", or from "simt", the CUDA kernels on the host; for tests."""
    global _host_kernels
    if name == "core":
        _host_kernels = _core_kernels
    elif name == "simt":
        _host_kernels = Kernels(importlib.import_module("pyconv._simt"), (0,))
    else:
        raise ValueError(f"_use_host_kernels: name={name!r}; must be 'core' or 'simt'")


_device_kernels: dict[tuple[int, ModuleType], DeviceKernels] = {}


def kernels_for(x: Array) -> Any:
    """Return the native functions that work where x lies."""
    if type(x) is np.ndarray or isinstance(x, np.ndarray):
        return _host_kernels
    module = sys.modules.get("pyconv._cuda") or cuda_module("pyconv: a CuPy array")
    number: int = x.device.id
    found = _device_kernels.get((number, module))
    if found is None:
        found = _device_kernels[number, module] = DeviceKernels(module, cupy_of(x), number)
    return found


def host_module() -> ModuleType:
    """Return the native module that serves NumPy arrays."""
    return _host_kernels.module


def prepared_size(kernel: Array, window: bytes, algorithm: int) -> int:
    """Return how many elements a kernel made ready for conv2d has; 0 where there is no such form.

    For one kernel and instruction set, forms of one size are the same.
    """
    if not isinstance(kernel, np.ndarray) or not _host_kernels.has_arena:
        return 0
    return int(_core.conv2d_prepared_size(CODES[kernel.dtype], window, algorithm))


def prepared_kernel(kernel: Array, window: bytes, algorithm: int, size: int) -> Array:
    """Return a contiguous kernel made ready for a packed window; nobody may write to it.

    It holds for the instruction set in use and the values of now.
    """
    prepared = empty_on(kernel, (size,))
    address = _core.address
    code = CODES[kernel.dtype]
    _core.conv2d_prepare(code, address(kernel), address(prepared), window, algorithm)
    prepared.flags.writeable = False
    return prepared
