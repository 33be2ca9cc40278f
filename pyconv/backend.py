# SPDX-License-Identifier: BSD-3-Clause
"""The one place that knows NumPy and CuPy, _core and _cuda, and turns arrays into addresses."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.naming import reset_names as clear_session  # noqa: F401 - programs ask K for it

try:
    from pyconv import _core
except ImportError as error:
    if str(error).startswith("PYCONV_"):  # a setting that the module refuses
        raise ImportError(f"pyconv: {error}") from None
    raise ImportError(
        f"pyconv: the native module pyconv._core does not load ({error}); in a source checkout "
        "build it with: pip install -e ."
    ) from error

Array: TypeAlias = npt.NDArray[Any]
Kernel: TypeAlias = Callable[..., Any]

_CODES = {np.dtype(np.float32): 0, np.dtype(np.float64): 1}
# Smaller outputs come from NumPy: its own cache of small blocks is quicker than the arena.
_ARENA_BYTES = 1 << 16
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


class NativeCall(NamedTuple):
    """A call of a native function: what it was given, and what that became."""

    function: Kernel
    addresses: list[Any]
    arguments: tuple[Any, ...]


class Recording:
    """Native calls in their order, let go once their arrays take more than `room` bytes.

    Args:
        known: arrays that are there anyway; they and read-only ones are not counted.
    """

    def __init__(self, room: int, known: Sequence[Array]) -> None:
        self.calls: list[NativeCall] = []
        self.overflowed = False
        self._room, self._known = room, known
        self._counted = set(map(id, known))

    def add(self, function: Kernel, plain: list[Any], arguments: tuple[Any, ...]) -> None:
        """Keep a call, and with it its arrays alive."""
        arrays = [value for value in arguments if isinstance(value, np.ndarray)]
        if self.overflowed or not arrays:
            return
        for array in arrays:
            if id(array) not in self._counted and array.flags.writeable:
                self._counted.add(id(array))
                self._room -= array.nbytes
        self.calls.append(NativeCall(function, plain, arguments))
        if self._room < 0:
            self.overflowed = True
            self.calls.clear()


class _Calls(threading.local):
    """Where this thread's native calls are kept, if anywhere."""

    recording: Recording | None = None


_calls = _Calls()


@contextmanager
def native_calls(room: int, known: Sequence[Array] = ()) -> Iterator[Recording]:
    """Record the calls on host arrays that this thread makes meanwhile; they are made as usual."""
    global _host_kernels
    plain, _calls.recording = _host_kernels, Recording(room, known)
    _host_kernels = Kernels(plain.module, plain.trailing, collecting=True)
    try:
        yield _calls.recording
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
        for name in _NATIVE:
            setattr(self, name, make(getattr(module, name), trailing))

    def __getattr__(self, name: str) -> Kernel:
        raise AttributeError(f"no native function {name}")


def _on_host(function: Kernel, trailing: tuple[int, ...]) -> Kernel:
    address = _core.address

    def call(*arguments: Any) -> Any:
        plain = [
            address(value) if isinstance(value, np.ndarray) else 0 if value is None else value
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
        if _calls.recording is not None:
            _calls.recording.add(function, plain, arguments)
        return function(*plain)

    return call


class DeviceKernels:
    """pyconv._cuda on the device and CuPy's current stream of the arrays handed over."""

    has_arena = False

    def __init__(self, module: ModuleType, cupy: Any, device: Any) -> None:
        self._module, self._cupy, self._device = module, cupy, device

    def __getattr__(self, name: str) -> Kernel:
        function = getattr(self._module, name)

        def call(*arguments: Any) -> Any:
            with self._device:
                plain = [
                    value.data.ptr if isinstance(value, self._cupy.ndarray) else value or 0
                    for value in arguments
                ]
                return function(*plain, self._cupy.cuda.get_current_stream().ptr)

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


def _cupy_of(x: object) -> Any:
    """Return the module cupy when x is one of its arrays; cupy counts only once imported."""
    cupy = sys.modules.get("cupy")
    return cupy if cupy is not None and isinstance(x, cupy.ndarray) else None


def kernels_for(x: Array) -> Any:
    """Return the native functions that work where x lies."""
    if isinstance(x, np.ndarray):
        return _host_kernels
    cupy = _cupy_of(x)
    try:
        module = importlib.import_module("pyconv._cuda")
    except ImportError as error:
        raise ImportError(
            "pyconv: CuPy arrays need pyconv._cuda; build with CUDA: "
            "pip install . -C cmake.define.PYCONV_CUDA=ON"
        ) from error
    device: Any = x.device
    return DeviceKernels(module, cupy, device)


def cuda_arrays() -> Any:
    """Return cupy where it, pyconv._cuda and a device are there, else None."""
    if not (_module_exists("pyconv._cuda") and _module_exists("cupy")):
        return None
    cupy = importlib.import_module("cupy")
    return cupy if cupy.cuda.is_available() else None


def array_module(x: Array) -> Any:
    """Return numpy or cupy, whichever made x."""
    return _cupy_of(x) or np


def host_module() -> ModuleType:
    """Return the native module that serves NumPy arrays."""
    return _host_kernels.module


def dtype_code(x: Array) -> int:
    """Return how native functions are told the element type of x."""
    return _CODES[x.dtype]


def _native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype if dtype.isnative else dtype.newbyteorder("=")


def _refuse(function: str, argument: str, what: str, rule: str) -> TypeError:
    return TypeError(f"{function}: {argument}{what}; {rule}")


def _twin(function: str) -> str:
    """Return the differentiable function that stands beside an op of this name."""
    if function == "gemm":
        return "pyconv.autograd.matmul"
    return f"pyconv.{function.removesuffix('_backward')}"


def _plain_array(x: object, function: str, argument: str) -> Array:
    """Judge a Python object and return it as a base ndarray or CuPy array, not yet copied."""
    if isinstance(x, np.ndarray):
        if isinstance(x, np.ma.MaskedArray):
            raise _refuse(
                function, argument, " is a masked array", "fill the mask first: x.filled(value)"
            )
        return np.asarray(x)
    if _cupy_of(x) is not None:
        return x  # type: ignore[return-value]
    if type(x).__module__.startswith("pyconv."):
        raise _refuse(
            function,
            argument,
            f" is a {type(x).__name__}",
            f"ops take arrays, the differentiable function is {_twin(function)}",
        )
    if x is None or isinstance(x, (str, bytes, dict, set)):
        raise _refuse(function, argument, f" is {type(x).__name__}", "must be an array")
    if not isinstance(x, (list, tuple, int, float)) and hasattr(x, "__dlpack__"):
        return np.from_dlpack(x)
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{function}: {argument} is ragged; must be an array") from error
    return array


def as_input(
    x: object,
    function: str,
    argument: str,
    *,
    ndim: int | None = None,
    like: Array | None = None,
) -> Array:
    """Check the kind of an array argument; nothing is copied.

    Args:
        x: what the caller passed; float32 or float64, any strides and byte order.
        function, argument: names for the error text.
        ndim: the rank it must have.
        like: an array whose dtype and device it must share.
    Returns:
        A base ndarray or CuPy array. Pass it through contiguous() before a kernel sees it.
    Raises:
        TypeError: kind, dtype or device. ValueError: rank, ragged nesting.
    """
    array = x if type(x) is np.ndarray else _plain_array(x, function, argument)
    if array.dtype not in _CODES and _native(array.dtype) not in _CODES:
        raise _refuse(function, argument, f".dtype={array.dtype}", "must be float32 or float64")
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{function}: {argument}.ndim={array.ndim}; must be {ndim}")
    if like is not None:
        if array.dtype != like.dtype and _native(array.dtype) != _native(like.dtype):
            raise _refuse(
                function,
                argument,
                f".dtype={array.dtype}",
                f"must be {_native(like.dtype)} like the other arrays",
            )
        if isinstance(array, np.ndarray) != isinstance(like, np.ndarray):
            raise _refuse(
                function,
                argument,
                f" is a {type(array).__module__} array",
                f"the other arrays are {type(like).__module__}'s; move it there first",
            )
    return array


def as_numbers(x: object, function: str, argument: str) -> Array:
    """Check an array of real numbers of any width; which dtype they become, the caller decides."""
    if type(x).__module__.startswith("pyconv."):
        raise _refuse(function, argument, f" is a {type(x).__name__}", "must be an array")
    array = x if type(x) is np.ndarray else _plain_array(x, function, argument)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise _refuse(function, argument, f".dtype={array.dtype}", "must be numbers, up to float64")
    return array


def as_integers(x: object, function: str, argument: str, like: Array) -> Array:
    """Check an array of whole numbers (labels, offsets); bool and float are refused."""
    array = _plain_array(x, function, argument)
    if array.dtype.kind not in "iu":
        raise _refuse(function, argument, f".dtype={array.dtype}", "must be an integer type")
    if isinstance(array, np.ndarray) != isinstance(like, np.ndarray):
        raise _refuse(
            function, argument, f" is a {type(array).__module__} array", "must lie beside x"
        )
    return array


def contiguous(x: Array, dtype: Any = None) -> Array:
    """Return x itself, or a C-contiguous, aligned, native-endian copy of it.

    Raises:
        MemoryError: the copy of a broadcast view would exceed this machine's memory.
    """
    wanted = _native(x.dtype) if dtype is None else np.dtype(dtype)
    if isinstance(x, np.ndarray):
        flags = x.flags
        if flags.c_contiguous and flags.aligned and x.dtype == wanted:
            return x
        bytes_needed = x.size * wanted.itemsize
        if bytes_needed > _physical_memory():
            raise MemoryError(f"a contiguous copy of shape {x.shape} takes {bytes_needed} bytes")
        fresh = empty_on(x, x.shape, wanted)
        fresh[...] = x
        return fresh
    copy: Array = array_module(x).ascontiguousarray(x, wanted)
    return copy


def _physical_memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def empty_on(like: Array, shape: Sequence[int], dtype: Any = None) -> Array:
    """Return an array with undefined contents where `like` lies, of its dtype unless given."""
    kind = _native(like.dtype) if dtype is None else np.dtype(dtype)
    if not isinstance(like, np.ndarray):
        on_device: Array = array_module(like).empty(shape, kind)
        return on_device
    size = kind.itemsize
    for length in shape:
        size *= length
    if size < _ARENA_BYTES:
        return np.empty(shape, kind)
    try:
        return _core.empty(tuple(shape), kind)
    except MemoryError:
        raise MemoryError(f"an array of shape {tuple(shape)} takes {size} bytes") from None


def prepared_size(kernel: Array, window: bytes, algorithm: int) -> int:
    """Return how many elements a kernel made ready for conv2d has; 0 where there is no such form.

    For one kernel and instruction set, forms of one size are the same.
    """
    if not isinstance(kernel, np.ndarray) or not _host_kernels.has_arena:
        return 0
    return int(_core.conv2d_prepared_size(_CODES[kernel.dtype], window, algorithm))


def prepared_kernel(kernel: Array, window: bytes, algorithm: int, size: int) -> Array:
    """Return a contiguous kernel made ready for a packed window; nobody may write to it.

    It holds for the instruction set in use and the values of now.
    """
    prepared = empty_on(kernel, (size,))
    address = _core.address
    code = _CODES[kernel.dtype]
    _core.conv2d_prepare(code, address(kernel), address(prepared), window, algorithm)
    prepared.flags.writeable = False
    return prepared


def first_bad_flag(like: Array) -> Array:
    """Return the one-element array in which a check reports the first bad position."""
    flag: Array = array_module(like).full(1, np.iinfo(np.int64).max, np.int64)
    return flag


def first_bad(flag: Array) -> int | None:
    """Read such a flag: the position, or None where all was well."""
    position = int(flag[0])
    return None if position == np.iinfo(np.int64).max else position


def tensor_table(
    rows: Sequence[Sequence[Array]], width: int
) -> tuple[bytes, tuple[int, int] | None]:
    """Pack rows of equally long arrays as int64 records: `width` addresses, then the size.

    Returns:
        The table, and the places (row * width + column) of two arrays that share memory, if any.
    """
    address = _core.address
    table = np.zeros((len(rows), width + 1), np.int64)
    for record, row in zip(table, rows, strict=True):
        record[: len(row)] = [address(a) if isinstance(a, np.ndarray) else a.data.ptr for a in row]
        record[width] = row[0].size
    starts = table[:, :width].ravel()
    sizes = np.repeat(table[:, width] * rows[0][0].itemsize, width)
    places = np.flatnonzero((starts != 0) & (sizes != 0))
    places = places[np.argsort(starts[places], kind="stable")]
    overlap = np.flatnonzero(starts[places[1:]] < (starts + sizes)[places[:-1]])
    if not overlap.size:
        return table.tobytes(), None
    one, other = sorted(int(place) for place in places[overlap[0] : overlap[0] + 2])
    return table.tobytes(), (one, other)


def memory_overlaps(a: Array, b: Array) -> bool:
    """Tell whether two arrays of one device share memory."""
    return bool(array_module(a).shares_memory(a, b))


def peak_gflops(dtype: np.dtype[Any], milliseconds: int) -> float:
    """Return the processor's multiply-add peak, probed with all threads, in GFLOP/s."""
    return float(_core._probe_fma(_CODES[np.dtype(dtype)], milliseconds))


def instruction_sets() -> list[str]:
    """Return the instruction sets that this processor can run, by name."""
    return list(_core.isas())


def instruction_set() -> str:
    """Return the one in use."""
    return str(_core.isa())


def use_instruction_set(name: str) -> None:
    """Let the kernels use another one from now on; for verification."""
    _core._set_isa(name)


def config() -> dict[str, str]:
    """Return what the native side runs on, by printable names."""
    return {
        "cpu": _core.cpu_name(),
        "isa": f"{_core.isa()} (available: {', '.join(_core.isas())})",
        "threads": str(_core.num_threads()),
        "cuda": "built" if _module_exists("pyconv._cuda") else "not built",
    }


def _module_exists(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


set_num_threads = _core.set_num_threads
num_threads = _core.num_threads
trim_memory = _core.trim_memory
memory_info = _core.memory_info


def image_data_format() -> str:
    """Return the layout of images where none is said; as old programs ask `K` for it."""
    return "channels_last"
