# SPDX-License-Identifier: BSD-3-Clause
"""Products of 16 bits and of tf32 by the float32 kernels: operands rounded, then results.

Each entry says how many elements a product's arrays have, and which of them are results: those of
a kernel and a bias are float32.
"""

from __future__ import annotations

import ctypes
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

TF32 = 4
TYPES = {2: np.dtype(np.float16), TF32: np.dtype(np.float32)}
if importlib.util.find_spec("ml_dtypes") is not None:
    TYPES[3] = np.dtype(importlib.import_module("ml_dtypes").bfloat16)
WIDE = np.dtype(np.float32)


def _image(window: np.ndarray) -> int:
    return int(window[0] * window[1] * window[2] * window[3])


def _result(window: np.ndarray) -> int:
    return int(window[0] * window[14] * window[15] * window[16])


def _filters(window: np.ndarray) -> int:
    return int(window[4] * window[5] * window[3] // window[17] * window[16])


# name: where the window or the sizes stand, and (place, elements, result?, always float32?) of each
def _arrays(name: str, a: tuple[Any, ...]) -> list[tuple[int, int, bool, bool]]:
    if name.startswith("conv2d"):
        w = np.frombuffer(next(x for x in a if isinstance(x, bytes)), np.int64)
        image, result, filters, f = _image(w), _result(w), _filters(w), int(w[16])
    if name == "conv2d":
        return [(1, image, 0, 0), (2, filters, 0, 0), (3, f, 0, 0), (4, result, 1, 0)]
    if name == "conv2d_backward_data":
        return [(1, result, 0, 0), (2, filters, 0, 0), (3, image, 1, 0)]
    if name == "conv2d_backward_kernel":
        return [(1, image, 0, 0), (2, result, 0, 0), (3, filters, 1, 1), (4, f, 1, 1)]
    if name == "dense":
        n, inputs, units = a[5:8]
        given = [(1, n * inputs, 0, 0), (2, inputs * units, 0, 0), (3, units, 0, 0)]
        return [*given, (4, n * units, 1, 0)]
    if name == "dense_backward":
        n, inputs, units = a[7:10]
        given = [(1, n * units, 0, 0), (2, n * inputs, 0, 0), (3, inputs * units, 0, 0)]
        return [*given, (4, n * inputs, 1, 0), (5, inputs * units, 1, 1), (6, units, 1, 1)]
    assert name == "gemm", name
    m, n, k = a[4:7]
    return [(1, m * k, 0, 0), (2, k * n, 0, 0), (3, m * n, 1, 0)]


def _at(address: int, elements: int, dtype: np.dtype) -> np.ndarray:
    raw = (ctypes.c_uint8 * (elements * dtype.itemsize)).from_address(address)
    return np.frombuffer(raw, dtype)


def takes_16_bits(simt: Any) -> bool:
    """Tell whether the kernels were built with products of their own for these types."""
    try:
        simt.gemm(2, 0, 0, 0, 0, 0, 0, False, False, 0)
    except (ValueError, TypeError):
        return False
    return True


def in_16_bits(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the product that also takes the codes of 16-bit types."""
    name = function.__name__

    def call(*arguments: Any) -> Any:
        if arguments[0] not in TYPES:
            return function(*arguments)
        kind, given, results, kept = TYPES[arguments[0]], [0, *arguments[1:]], [], []
        for place, elements, is_result, is_wide in _arrays(name, arguments):
            if not arguments[place]:
                continue
            own = _at(arguments[place], elements, WIDE if is_wide else kind)
            wide = np.empty(elements, np.float32) if is_result else own.astype(np.float32)
            if arguments[0] == TF32 and not is_result:
                bits = wide.view(np.uint32)
                bits[...] = (bits + np.uint32(1 << 12)) & np.uint32(0xFFFFE000)
            given[place] = wide.ctypes.data
            kept.append(wide)
            if is_result:
                results.append((own, wide))
        found = function(*given)
        for own, wide in results:
            own[...] = wide.astype(own.dtype)
        return found

    return call
