# SPDX-License-Identifier: BSD-3-Clause
"""In which dtype a layer computes, and how images lie in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pyconv.arguments import DataFormat
from pyconv.backend import Array, array_module, as_numbers, contiguous

DType = np.dtype[Any]

_COMPUTED = (np.dtype(np.float32), np.dtype(np.float64))
_TO_LAST, _TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
_chosen: DType | None = None


def set_dtype(dtype: str | None) -> None:
    """Let all layers compute in one dtype from now on, and new networks keep weights in it.

    Args:
        dtype: "float32", twice as fast; "float64"; None, the start: as the arrays say.
    Raises:
        ValueError: another name.
    """
    global _chosen
    if dtype is not None and dtype not in ("float32", "float64"):
        raise ValueError(f"set_dtype: dtype={dtype!r}; must be 'float32', 'float64' or None")
    _chosen = None if dtype is None else np.dtype(dtype)


def weight_dtype() -> DType:
    """Return the dtype in which new networks keep their weights."""
    return _chosen or np.dtype(np.float64)


def working_dtype(*arrays: Array) -> DType:
    """Return the dtype in which these arrays meet: float32 or float64."""
    if _chosen is not None:
        return _chosen
    first = arrays[0].dtype
    if first in _COMPUTED and all(array.dtype == first for array in arrays):
        return np.dtype(first.type)
    dtype = np.result_type(*arrays)
    if dtype.kind != "f":
        return np.dtype(np.float64)
    return np.promote_types(dtype, np.float32)


def promoted(function: str, **values: object) -> list[Array]:
    """Return arrays of any real numbers in the dtype in which they meet; strides stay.

    Raises:
        TypeError: naming function and argument: no array, or no numbers.
    """
    arrays = [as_numbers(value, function, name) for name, value in values.items()]
    dtype = working_dtype(*arrays)
    return [array.astype(dtype, copy=False) for array in arrays]


def like(reference: Array, function: str, argument: str, value: object) -> Array:
    """Return an array of numbers in the dtype of one that promoted() returned."""
    return as_numbers(value, function, argument).astype(reference.dtype, copy=False)


def vector_like(reference: Array, function: str, argument: str, value: object, size: int) -> Array:
    """Return (size,) numbers like `reference`; a single number, the book's bias 0, is repeated."""
    if not hasattr(value, "dtype"):
        value = np.asarray(value)
    array = like(reference, function, argument, value)
    if array.ndim == 0:
        module = array_module(reference)
        return module.full(size, array, reference.dtype)  # type: ignore[no-any-return]
    if array.shape != (size,):
        raise ValueError(f"{function}: {argument}.shape={array.shape}; must be ({size},) or ()")
    return array


def stored_images(x: Array) -> tuple[Array, DataFormat]:
    """Return images (n, c, h, w) as they lie in memory, and how that is called.

    What a layer returns lies channels last, the kernels' own order, seen through its transpose, as
    the book's arrays do; so the next layer takes it without a copy.
    """
    last = x.transpose(_TO_LAST)
    return (last, "channels_last") if last.flags.c_contiguous else (x, "channels_first")


def in_layout(x: Array, data_format: DataFormat) -> Array:
    """Return images (n, c, h, w) seen in a layout."""
    return x.transpose(_TO_LAST) if data_format == "channels_last" else x


def as_book(x: Array, data_format: DataFormat) -> Array:
    """Return images of a layout seen as (n, c, h, w)."""
    return x.transpose(_TO_FIRST) if data_format == "channels_last" else x


def elementwise(op: Callable[..., Array], *arrays: Array) -> Array:
    """Apply an element-wise op to arrays of one shape in the order in which the last one lies."""
    order = arrays[-1]
    if order.flags.c_contiguous:
        return op(*arrays)
    axes = sorted(range(order.ndim), key=lambda axis: -abs(order.strides[axis]))
    y = op(*(array.transpose(axes) for array in arrays))
    back: Array = y.transpose([axes.index(axis) for axis in range(len(axes))])
    return back


def flattened(function: str, argument: str, x: Array) -> Array:
    """Return (n, everything else) of an array, row by row."""
    if x.ndim == 0:
        raise ValueError(f"{function}: {argument}.ndim=0; must be >= 1")
    columns = 1
    for size in x.shape[1:]:
        columns *= size
    return contiguous(x).reshape(x.shape[0], columns)


def same_shape(function: str, argument: str, value: Array, shape: tuple[int, ...]) -> Array:
    """Return the array, or say which shape it must have."""
    if value.shape != shape:
        raise ValueError(f"{function}: {argument}.shape={value.shape}; must be {shape}")
    return value


def forget(layer: object, *names: str) -> None:
    """Let attributes that are computed when read be computed anew."""
    for name in names:
        vars(layer).pop(name, None)


def after_forward(function: str, state: Any) -> Any:
    """Return what forward left behind; without one, a backward is refused."""
    if state is None:
        raise RuntimeError(f"{function}: no forward came before it")
    return state
