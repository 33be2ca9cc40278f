# SPDX-License-Identifier: BSD-3-Clause
"""What poolings share that look for one pixel of every window, the largest or the smallest."""

from __future__ import annotations

from typing import Literal

from pyconv.backend import (
    Array,
    as_input,
    as_integers,
    contiguous,
    dtype_code,
    empty_on,
    first_bad,
    first_bad_flag,
    kernels_for,
)
from pyconv.geometry import Shape, Window

Best = Literal["max", "min"]


def best_pixels(best: Best, x: Array, window: Window) -> Array:
    """Return the best pixel of every window."""
    return _pooled(best, x, window, None)


def best_pixels_and_offsets(best: Best, x: Array, window: Window) -> tuple[Array, Array]:
    """Return the best pixel of every window, and where in its window it stood."""
    offsets = empty_on(x, window.output_shape, window.offset_dtype)
    return _pooled(best, x, window, offsets), offsets


def _pooled(best: Best, x: Array, window: Window, offsets: Array | None) -> Array:
    x = contiguous(x)
    y = empty_on(x, window.output_shape)
    kernels = kernels_for(x)
    pool = kernels.max_pool2d if best == "max" else kernels.min_pool2d
    pool(dtype_code(x), x, y, offsets, window.packed)
    return y


def best_pixels_backward(
    function: str, dy: Array, offsets: Array, argument: str, window: Window, shape: Shape
) -> Array:
    """Return dx from what a caller hands over.

    Args:
        dy, offsets: arrays of the given shape. argument: what error texts call the offsets.
    Raises:
        TypeError: kinds and dtypes. ValueError: shapes, or an offset outside its window or the
        image, with its position.
    """
    dy = as_input(dy, function, "dy", ndim=len(shape))
    offsets = as_integers(offsets, function, argument, dy)
    for name, array in (("dy", dy), (argument, offsets)):
        if array.shape != shape:
            raise ValueError(f"{function}: {name}.shape={array.shape}; must be {shape}")
    if offsets.dtype != window.offset_dtype:
        raise TypeError(
            f"{function}: {argument}.dtype={offsets.dtype}; must be {window.offset_dtype}"
        )
    dy, offsets = contiguous(dy), contiguous(offsets)
    flag = first_bad_flag(dy)
    kernels_for(dy).max_pool2d_check(offsets, window.packed, flag)
    position = first_bad(flag)
    if position is not None:
        raise ValueError(
            f"{function}: {argument}.flat[{position}]={offsets.reshape(-1)[position]}; must "
            "be an offset inside its window and the image"
        )
    return unchecked_best_pixels_backward(dy, offsets, window)


def unchecked_best_pixels_backward(dy: Array, offsets: Array, window: Window) -> Array:
    """Return dx from contiguous arrays whose offsets are known to be good: the tape's own."""
    dx = empty_on(dy, window.input_shape)
    kernels_for(dy).max_pool2d_backward(dtype_code(dy), dy, offsets, dx, window.packed)
    return dx
