# SPDX-License-Identifier: BSD-3-Clause
"""Max pooling: y[n, i, j, c] is the largest pixel of x[n, :, :, c] under window (i, j)."""

from __future__ import annotations

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
from pyconv.geometry import DataFormat, IntPair, Padding, Shape, Window


def _pooled(x: Array, window: Window, argmax: Array | None) -> Array:
    x = contiguous(x)
    y = empty_on(x, window.output_shape)
    kernels_for(x).max_pool2d(dtype_code(x), x, y, argmax, window.packed)
    return y


def max_pool2d(
    x: Array,
    pool_size: IntPair = 2,
    *,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
) -> Array:
    """Return the largest pixel of every window; max_pool2d_with_argmax says more."""
    x = as_input(x, "max_pool2d", "x", ndim=4)
    window = Window.pool("max_pool2d", x.shape, pool_size, strides, padding, data_format, ceil_mode)
    return _pooled(x, window, None)


def max_pool2d_with_argmax(
    x: Array,
    pool_size: IntPair = 2,
    *,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
) -> tuple[Array, Array]:
    """Return the largest pixel of every window, and where in its window it stood.

    Args:
        x: (n, h, w, c), or (n, c, h, w) for "channels_first"; float32 or float64, any strides.
        pool_size, strides: pixels, int or (height, width); strides defaults to pool_size.
        padding: as in conv2d, below the pool size; padding never wins.
        ceil_mode: keep a last window that is partly outside, unless it begins in the padding.
    Returns:
        y: (n, oh, ow, c), dtype and layout of x. A NaN wins its window; of equals, the first.
        argmax: shape of y, row * pool width + column in the window (uint8 up to 256, else int32).
    Raises:
        TypeError: dtype of x. ValueError: rank or geometry. Nothing is allocated before.
    Source: Keras MaxPooling2D; the naive form is pyconv.reference.max_pool2d.
    """
    x = as_input(x, "max_pool2d", "x", ndim=4)
    window = Window.pool("max_pool2d", x.shape, pool_size, strides, padding, data_format, ceil_mode)
    argmax = empty_on(x, window.output_shape, window.offset_dtype)
    return _pooled(x, window, argmax), argmax


def max_pool2d_backward(
    dy: Array,
    argmax: Array,
    input_shape: Shape,
    *,
    pool_size: IntPair = 2,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
) -> Array:
    """Return the gradient of max_pool2d: each dy goes to the pixel that won its window.

    Args:
        dy: the gradient of y, shape of y. argmax: as max_pool2d_with_argmax returned it.
        input_shape: the shape of x; the geometry as max_pool2d got it.
    Returns:
        dx: input_shape, dtype of dy.
    Raises:
        TypeError: kinds and dtypes. ValueError: geometry, shapes, or an offset outside its window
        or the image, with its position.
    """
    window, dy, argmax = _checked_gradient(
        dy, argmax, input_shape, pool_size, strides, padding, data_format, ceil_mode
    )
    flag = first_bad_flag(dy)
    kernels_for(dy).max_pool2d_check(argmax, window.packed, flag)
    position = first_bad(flag)
    if position is not None:
        raise ValueError(
            f"max_pool2d_backward: argmax.flat[{position}]={argmax.reshape(-1)[position]}; must "
            "be an offset inside its window and the image"
        )
    return unchecked_max_pool2d_backward(dy, argmax, window)


def _checked_gradient(
    dy: Array,
    argmax: Array,
    input_shape: Shape,
    pool_size: IntPair,
    strides: IntPair | None,
    padding: Padding,
    data_format: DataFormat,
    ceil_mode: bool,
) -> tuple[Window, Array, Array]:
    function = "max_pool2d_backward"
    dy = as_input(dy, function, "dy", ndim=4)
    argmax = as_integers(argmax, function, "argmax", dy)
    window = Window.pool(function, input_shape, pool_size, strides, padding, data_format, ceil_mode)
    for name, array in (("dy", dy), ("argmax", argmax)):
        if array.shape != window.output_shape:
            raise ValueError(
                f"{function}: {name}.shape={array.shape}; must be {window.output_shape}"
            )
    if argmax.dtype != window.offset_dtype:
        raise TypeError(f"{function}: argmax.dtype={argmax.dtype}; must be {window.offset_dtype}")
    return window, contiguous(dy), contiguous(argmax)


def unchecked_max_pool2d_backward(dy: Array, argmax: Array, window: Window) -> Array:
    """Return dx from contiguous arrays whose offsets are known to be good: the tape's own."""
    dx = empty_on(dy, window.input_shape)
    kernels_for(dy).max_pool2d_backward(dtype_code(dy), dy, argmax, dx, window.packed)
    return dx
