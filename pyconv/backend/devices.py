# SPDX-License-Identifier: BSD-3-Clause
"""Where arrays lie: NumPy's memory, or a GPU through CuPy; which device new weights go to."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import Any

import numpy as np

from pyconv.backend.native import Array

HOST = "cpu"
_NAME = re.compile(r"cuda(?::(\d{1,6}))?")
# Of DLPack's dlpack.h: memory that only a GPU reaches, and memory that both do.
_DLPACK_CUDA = (2, 13)


class _Capturing(threading.local):
    """Whether work of this thread is noted down for a graph: then no array may come or go."""

    now = False


capturing = _Capturing()
_CONSTANT_BYTES, _MOST_CONSTANTS = 1 << 12, 256
_constants: dict[tuple[str, str, tuple[int, ...], bytes], Array] = {}
_chosen: str | None = None  # None: what PYCONV_DEVICE says, asked for when first needed
_first_process: int | None = None  # that used a GPU


def cupy_of(x: object) -> Any:
    """Return the module cupy when x is one of its arrays; cupy counts only once imported."""
    cupy = sys.modules.get("cupy")
    return cupy if cupy is not None and isinstance(x, cupy.ndarray) else None


def is_on_device(x: object) -> bool:
    """Tell CuPy's arrays from all else."""
    return cupy_of(x) is not None


def array_module(x: Array) -> Any:
    """Return numpy or cupy, whichever made x."""
    return cupy_of(x) or np


def module_exists(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def cuda_arrays() -> Any:
    """Return cupy where it, pyconv._cuda and a device are there, else None."""
    if not (module_exists("pyconv._cuda") and module_exists("cupy")):
        return None
    cupy = importlib.import_module("cupy")
    return cupy if cupy.cuda.is_available() else None


def cuda_module(asking: str) -> ModuleType:
    """Return pyconv._cuda; where it is not built, one ImportError says how to get it."""
    try:
        return importlib.import_module("pyconv._cuda")
    except ImportError as error:
        raise ImportError(
            f"{asking} needs pyconv._cuda; build with CUDA: "
            "pip install . -C cmake.define.PYCONV_CUDA=ON"
        ) from error


def _cupy(asking: str) -> Any:
    try:
        return importlib.import_module("cupy")
    except ImportError as error:
        raise ImportError(
            f"{asking} needs CuPy for arrays on a GPU: pip install cupy-cuda13x"
        ) from error


def checked_device(function: str, device: object) -> str:
    """Return "cpu" or "cuda:N" of a device that this machine has.

    Raises:
        TypeError, ValueError: no such name, or no device of this number. ImportError: no
        pyconv._cuda or no CuPy. RuntimeError: no GPU, no driver, or a process made by fork().
    """
    if not isinstance(device, str):
        raise TypeError(f"{function}: device={device!r}; must be 'cpu', 'cuda' or 'cuda:N'")
    if device == HOST:
        return HOST
    found = _NAME.fullmatch(device)
    if found is None:
        raise ValueError(f"{function}: device={device!r}; must be 'cpu', 'cuda' or 'cuda:N'")
    number, count = int(found.group(1) or 0), _device_count(f"{function}: device={device!r}")
    if number >= count:
        has = "1 CUDA device" if count == 1 else f"{count} CUDA devices"
        raise ValueError(f"{function}: device={device!r}; this machine has {has}, from cuda:0 on")
    return f"cuda:{number}"


def _device_count(asking: str) -> int:
    """Return how many GPUs there are; none is a RuntimeError that says why."""
    global _first_process
    cuda_module(asking)
    cupy = _cupy(asking)
    if _first_process not in (None, os.getpid()):
        raise RuntimeError(f"{asking}: CUDA does not survive fork(); start the process by 'spawn'")
    try:
        count = int(cupy.cuda.runtime.getDeviceCount())
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise RuntimeError(f"{asking}: no CUDA device: {error}") from error
    if not count:
        hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
        reason = "" if hidden is None else f" (CUDA_VISIBLE_DEVICES={hidden!r})"
        raise RuntimeError(f"{asking}: no CUDA device{reason}")
    _first_process = os.getpid()
    return count


def set_device(device: str) -> None:
    """Let new weights go to a device; a GPU becomes CuPy's current one in this thread."""
    global _chosen
    name = checked_device("set_device", device)
    if name != HOST:
        _cupy("set_device").cuda.Device(device_number(name)).use()
    _chosen = name


def get_device() -> str:
    """Return the device of new weights, "cpu" or "cuda:N"; at first what PYCONV_DEVICE says."""
    global _chosen
    if _chosen is None:
        _chosen = checked_device("PYCONV_DEVICE", os.environ.get("PYCONV_DEVICE") or HOST)
    return _chosen


def device_number(device: str) -> int:
    """Return N of "cuda:N"."""
    return int(device.removeprefix("cuda:"))


def device_of(x: Any) -> str:
    """Return where an array lies, "cpu" or "cuda:N"."""
    return HOST if isinstance(x, (np.ndarray, np.generic)) else f"cuda:{x.device.id}"


def on_device(device: str) -> AbstractContextManager[Any]:
    """Make a GPU CuPy's current device within a block; nothing for the CPU."""
    if device == HOST:
        return nullcontext()
    context: AbstractContextManager[Any] = _cupy(device).cuda.Device(device_number(device))
    return context


def wait_for(device: str) -> None:
    """Wait until all work of this thread's stream on a GPU is done; nothing for the CPU."""
    if device != HOST:
        with on_device(device):
            _cupy(device).cuda.get_current_stream().synchronize()


def put(x: Array, device: str) -> Array:
    """Return an array that lies on a device: x itself, or a copy of it."""
    if device_of(x) == device:
        return x
    if device == HOST:
        return to_host(x)
    _refuse_in_a_graph()
    moved: Array
    with on_device(device):
        try:
            moved = _cupy(device).asarray(x)
        except MemoryError:
            raise MemoryError(
                f"an array of shape {tuple(x.shape)} takes {x.nbytes} bytes on {device}"
            ) from None
    return moved


def _refuse_in_a_graph() -> None:
    if capturing.now:
        raise RuntimeError("a copy between host and device cannot be part of a graph")


def put_beside(x: Array, like: Array) -> Array:
    """Return a host array where `like` lies: x itself, or a copy of it."""
    return x if isinstance(like, np.ndarray) else put(x, device_of(like))


def constant_beside(x: np.ndarray[Any, Any], like: Array) -> Array:
    """Return a small array that nobody writes to where `like` lies; sent there once."""
    if isinstance(like, np.ndarray):
        return x
    device = device_of(like)
    if x.nbytes > _CONSTANT_BYTES:
        return put(x, device)
    key = device, x.dtype.str, x.shape, x.tobytes()
    found = _constants.get(key)
    if found is None:
        if len(_constants) >= _MOST_CONSTANTS:
            _constants.clear()
        found = _constants[key] = put(x, device)
    return found


def to_host(x: Array) -> np.ndarray[Any, Any]:
    """Return an array in NumPy: x itself, or a copy of it."""
    if isinstance(x, np.ndarray):
        return x
    _refuse_in_a_graph()
    on_gpu: Any = x
    with on_gpu.device:
        copied: np.ndarray[Any, Any] = on_gpu.get()
    return copied


def copy_into(target: Any, source: Array) -> None:
    """Copy an array of any device into another of the same shape, element type by that one's."""
    if isinstance(target, np.ndarray):
        target[...] = to_host(source)
    else:
        with target.device:
            target[...] = put(source, device_of(target))


def imported(x: Any) -> Array | None:
    """Return another library's array that speaks DLPack as NumPy's or CuPy's, without a copy.

    None for what is no such array.
    """
    if is_on_device(x) or isinstance(x, np.ndarray):
        array: Array = x
        return array
    if isinstance(x, (list, tuple, int, float)) or not hasattr(x, "__dlpack__"):
        return None
    kind = x.__dlpack_device__()[0] if hasattr(x, "__dlpack_device__") else 1
    if int(kind) not in _DLPACK_CUDA:
        return np.from_dlpack(x)
    asking = f"an array of {type(x).__module__} on a GPU"
    cuda_module(asking)
    on_gpu: Array = _cupy(asking).from_dlpack(x)
    return on_gpu
