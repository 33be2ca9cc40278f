# SPDX-License-Identifier: BSD-3-Clause
"""What the native side runs on: processor, instruction set, threads."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from pyconv.backend.devices import get_device, module_exists
from pyconv.backend.native import CODES, _core


def peak_gflops(dtype: np.dtype[Any], milliseconds: int) -> float:
    """Return the processor's multiply-add peak, probed with all threads, in GFLOP/s."""
    return float(_core._probe_fma(CODES[np.dtype(dtype)], milliseconds))


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
        "device": _device(),
        "cuda": _cuda(),
    }


def _device() -> str:
    """Return the device of new weights; where PYCONV_DEVICE cannot be had, why."""
    try:
        return get_device()
    except (ImportError, RuntimeError, ValueError) as error:
        return str(error)


def _cuda() -> str:
    """Return what the module _cuda was built for and finds on this machine."""
    if not module_exists("pyconv._cuda"):
        return "not built"
    module = importlib.import_module("pyconv._cuda")
    built = f"built with CUDA {_version(module.runtime_version())}" + (
        f" for {', '.join(module.architectures())}"
    )
    count = module.device_count()
    if not count:
        return f"{built}; no device"
    found = [f"cuda:{i} {module.device_name(i)}" for i in range(count)]
    return f"{built}, driver for {_version(module.driver_version())}; {', '.join(found)}"


def _version(number: int) -> str:
    """Return CUDA's 13010 as 13.1."""
    return f"{number // 1000}.{number % 1000 // 10}"


set_num_threads = _core.set_num_threads
num_threads = _core.num_threads
