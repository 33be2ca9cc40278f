# SPDX-License-Identifier: BSD-3-Clause
"""Precisions that a GPU alone offers: 16-bit arrays, and products that round float32 to tf32.

The one place that knows by which code products of `_cuda` are told them.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pyconv.backend.native import CODES, Array, native_dtype

# As Dtype in src_cpp/geometry.hpp.
_FLOAT16, _BFLOAT16, _TF32 = 2, 3, 4
# The ops whose kernels take 16-bit arrays; gradients of a kernel and a bias are float32 then.
PRODUCTS = frozenset({"conv2d", "conv2d_backward", "dense", "dense_backward", "gemm"})
_SINGLE = np.dtype(np.float32)


class _Products(threading.local):
    """How products of this thread read float32."""

    tf32 = False


class Precision:
    """Whether any policy but float32 and float64 was ever asked for: until then nobody looks."""

    in_use = False


precision = Precision()
_products = _Products()
_halves: dict[np.dtype[Any], int] = {np.dtype(np.float16): _FLOAT16}


def half_dtype(name: str) -> np.dtype[Any]:
    """Return the dtype of "float16" or "bfloat16".

    Raises:
        ImportError: bfloat16 without ml_dtypes, through which NumPy and CuPy know it.
    """
    if name == "float16":
        return np.dtype(np.float16)
    try:
        found: np.dtype[Any] = np.dtype(importlib.import_module("ml_dtypes").bfloat16)
    except ImportError as error:
        raise ImportError(
            "bfloat16 needs ml_dtypes beside CuPy 14 or later: pip install ml_dtypes"
        ) from error
    _halves[found] = _BFLOAT16
    return found


def is_half(dtype: np.dtype[Any]) -> bool:
    """Tell float16 and bfloat16 from other types."""
    return dtype.itemsize == 2 and dtype in _halves


def is_floating(dtype: np.dtype[Any]) -> bool:
    """Tell floating types, bfloat16 among them."""
    return dtype.kind == "f" or (dtype.kind == "V" and dtype in _halves)


def widened(x: Array) -> Array:
    """Return a 16-bit array as float32, any other as it is."""
    return x.astype(_SINGLE) if is_half(x.dtype) else x


def joined(x: Array, dtype: np.dtype[Any]) -> Array:
    """Return a float32 array in a 16-bit type, any other as it is."""
    return x.astype(dtype) if x.dtype == _SINGLE else x


def gradient_dtype(x: Array) -> np.dtype[Any]:
    """Return the type in which products give the gradients of a kernel and a bias."""
    return _SINGLE if is_half(x.dtype) else native_dtype(x.dtype)


def product_code(x: Array) -> int:
    """Return how a product is told the type of x, and how it is to read it."""
    if not precision.in_use:
        return CODES[x.dtype]
    code = CODES.get(x.dtype)
    if code is None:
        return _halves[x.dtype]
    rounds = code == 0 and _products.tf32 and not isinstance(x, np.ndarray)
    return _TF32 if rounds else code


def rounds_to_tf32() -> bool:
    """Tell whether products of this thread read float32 as tf32 now."""
    return _products.tf32


@contextmanager
def tf32_products(rounded: bool) -> Iterator[None]:
    """Let products on a GPU round float32 to tf32 within a block, or not."""
    before, _products.tf32 = _products.tf32, rounded
    try:
        yield
    finally:
        _products.tf32 = before
