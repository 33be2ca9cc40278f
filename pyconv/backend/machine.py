# SPDX-License-Identifier: BSD-3-Clause
"""What the native side runs on: processor, instruction set, threads."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.backend.devices import module_exists
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
        "cuda": "built" if module_exists("pyconv._cuda") else "not built",
    }


set_num_threads = _core.set_num_threads
num_threads = _core.num_threads
