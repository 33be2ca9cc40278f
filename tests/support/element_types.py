# SPDX-License-Identifier: BSD-3-Clause
"""Element types of a GPU on NumPy arrays: bfloat16 as bit patterns, tf32 as float32."""

from __future__ import annotations

from typing import Any

import numpy as np

CODES = {"float16": 2, "bfloat16": 3, "tf32": 4}  # as Dtype in src_cpp/geometry.hpp
KINDS = ("float16", "bfloat16")  # of 16 bits


def stored(x: Any, kind: str) -> Any:
    """Return numbers as an array of the type, rounded to the nearest of its values."""
    x = np.ascontiguousarray(x, np.float32)
    if kind == "tf32":
        return x.copy()
    if kind == "float16":
        with np.errstate(over="ignore"):
            return x.astype(np.float16)
    bits = x.view(np.uint32).astype(np.uint64)
    rounded_bits = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(x), 0x7FFF, rounded_bits).astype(np.uint16)


def numbers(x: Any, kind: str) -> Any:
    """Return what an array of the type holds, in float64."""
    if kind == "bfloat16":
        return (x.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    return x.astype(np.float64)


def rounded(x: Any, kind: str) -> Any:
    """Return numbers after one rounding to the type, in float64."""
    return numbers(stored(x, kind), kind)


def empty(shape: tuple[int, ...], kind: str) -> Any:
    return stored(np.zeros(shape), kind)


def read_as_tf32(x: Any) -> Any:
    """Round to 10 bits of fraction, ties away from zero, as products read float32."""
    fraction, exponent = np.frexp(np.asarray(x, np.float64))
    digits = np.floor(np.abs(fraction) * 2**11 + 0.5)
    return np.sign(fraction) * np.ldexp(digits, exponent - 11)
