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
# The ops whose kernels take 16-bit arrays, and so do their gradients'. Sums are float32, or more;
# float32 are also the gradients of kernels and biases, and statistics, gamma, beta and theirs.
IN_16_BITS = frozenset(
    {
        *("conv2d", "depthwise_conv2d", "separable_conv2d", "dense", "gemm"),
        *("max_pool2d", "min_pool2d", "avg_pool2d", "global_avg_pool2d", "global_max_pool2d"),
        *("batch_norm", "layer_norm", "group_norm"),
        *("relu", "relu6", "sigmoid", "tanh", "leaky_relu", "elu", "selu", "gelu", "swish"),
        *("hard_sigmoid", "hard_swish", "softplus", "softmax", "log_softmax"),
    }
)
# The ops that have none: they refuse such arrays, and where layers compute in 16 bits
# autograd.Function widens their inputs to float32 and rounds their results.
WIDENED = frozenset(
    {
        *("affine_sample", "conv2d_transpose", "dropout", "im2col", "col2im"),
        *("local_response_norm", "resize", "sigmoid_cross_entropy", "softmax_cross_entropy"),
    }
)
_SINGLE = np.dtype(np.float32)


class _Products(threading.local):
    """How products of this thread read float32."""

    tf32 = False


class Precision:
    """Whether there was any policy but float32 and float64, or a 16-bit array on a GPU.

    Until then nobody looks; what one who looks does to other arrays is the same.
    """

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
    return dtype.itemsize == 2 and (dtype in _halves or _is_bfloat16(dtype))


def _is_bfloat16(dtype: np.dtype[Any]) -> bool:
    """Tell the type that ml_dtypes adds to NumPy, which a caller may know before any policy."""
    return dtype.kind == "V" and dtype.name == "bfloat16" and half_dtype("bfloat16") == dtype


def computes_in_16_bits(x: Array) -> bool:
    """Tell 16-bit arrays on a GPU; those of the host no kernel takes, and no policy widens."""
    return is_half(x.dtype) and not isinstance(x, (np.ndarray, np.generic))


def noted(x: Array) -> Array:
    """Return an array that came in, from then on looked at where it has 16 bits on a GPU."""
    if computes_in_16_bits(x):
        precision.in_use = True
    return x


def is_floating(dtype: np.dtype[Any]) -> bool:
    """Tell floating types, bfloat16 among them."""
    return dtype.kind == "f" or (dtype.kind == "V" and is_half(dtype))


def takes_16_bits(function: str) -> bool:
    """Tell whether an op, or the gradient of one, has kernels for 16-bit arrays."""
    return function.removesuffix("_backward") in IN_16_BITS


def widened(x: Array) -> Array:
    """Return a 16-bit array as float32, any other as it is."""
    return x.astype(_SINGLE) if is_half(x.dtype) else x


def joined(x: Array, dtype: np.dtype[Any]) -> Array:
    """Return a float32 array in a 16-bit type, any other as it is."""
    return x.astype(dtype) if x.dtype == _SINGLE else x


def gradient_dtype(x: Array) -> np.dtype[Any]:
    """Return the type of statistics, and of the gradients of weights, beside an array."""
    if x.dtype in CODES:
        return x.dtype
    return _SINGLE if is_half(x.dtype) else native_dtype(x.dtype)


def dtype_code(x: Array) -> int:
    """Return how native functions are told the element type of x."""
    code = CODES.get(x.dtype)
    return _halves[x.dtype] if code is None else code


def product_code(x: Array) -> int:
    """Return how a product is told the type of x, and how it is to read it."""
    code = CODES.get(x.dtype)
    if code is None:
        return _halves[x.dtype]
    if not precision.in_use:
        return code
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
