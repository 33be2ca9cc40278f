# SPDX-License-Identifier: BSD-3-Clause
"""Where arrays lie: NumPy's memory, or a GPU through CuPy."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

import numpy as np

from pyconv.backend.native import Array


def cupy_of(x: object) -> Any:
    """Return the module cupy when x is one of its arrays; cupy counts only once imported."""
    cupy = sys.modules.get("cupy")
    return cupy if cupy is not None and isinstance(x, cupy.ndarray) else None


def array_module(x: Array) -> Any:
    """Return numpy or cupy, whichever made x."""
    return cupy_of(x) or np


def cuda_arrays() -> Any:
    """Return cupy where it, pyconv._cuda and a device are there, else None."""
    if not (module_exists("pyconv._cuda") and module_exists("cupy")):
        return None
    cupy = importlib.import_module("cupy")
    return cupy if cupy.cuda.is_available() else None


def module_exists(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
