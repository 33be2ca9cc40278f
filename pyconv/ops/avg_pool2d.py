# SPDX-License-Identifier: BSD-3-Clause
"""Average pooling: y[n, i, j, c] is the mean of x[n, :, :, c] under window (i, j)."""

from __future__ import annotations

from pyconv.backend import Array, as_input, contiguous, dtype_code, empty_on, kernels_for
from pyconv.geometry import DataFormat, IntPair, Padding, Shape, Window, checked_flag
from pyconv.ops.windows import pool_window


def avg_pool2d(
    x: Array,
    pool_size: IntPair = 2,
    *,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
    count_include_pad: bool = False,
) -> Array:
    """Return the mean of every window.

    Args:
        x: (n, h, w, c), or (n, c, h, w) for "channels_first"; float32 or float64, any strides.
        pool_size, strides: pixels, int or (height, width); strides defaults to pool_size.
        padding: as in conv2d, below the pool size.
        ceil_mode: keep a last window that is partly outside, unless it begins in the padding.
        count_include_pad: divide by the pixels of the padding too, which are 0; those that only
            ceil_mode reaches never count.
    Returns:
        y: (n, oh, ow, c), dtype and layout of x.
    Raises:
        TypeError: dtype of x. ValueError: rank or geometry. Nothing is allocated before.
    Source: Keras AveragePooling2D; with count_include_pad, ONNX AveragePool. The naive form is
    pyconv.reference.avg_pool2d.
    """
    x = as_input(x, "avg_pool2d", "x", ndim=4)
    window = pool_window("avg_pool2d", x.shape, pool_size, strides, padding, data_format, ceil_mode)
    return averages(x, window, checked_flag("avg_pool2d", "count_include_pad", count_include_pad))


def averages(x: Array, window: Window, count_include_pad: bool) -> Array:
    """Return the mean of every window of a checked geometry."""
    x = contiguous(x)
    y = empty_on(x, window.output_shape)
    kernels_for(x).avg_pool2d(dtype_code(x), x, y, window.packed, count_include_pad)
    return y


def avg_pool2d_backward(
    dy: Array,
    input_shape: Shape,
    *,
    pool_size: IntPair = 2,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
    count_include_pad: bool = False,
) -> Array:
    """Return the gradient of avg_pool2d: each dy is shared equally by the pixels of its window.

    Args:
        dy: the gradient of y, shape of y. input_shape: the shape of x; the geometry as avg_pool2d
            got it.
    Returns:
        dx: input_shape, dtype of dy.
    Raises:
        TypeError: dtype of dy. ValueError: geometry, or a shape that avg_pool2d would not give.
    """
    function = "avg_pool2d_backward"
    dy = as_input(dy, function, "dy", ndim=4)
    window = pool_window(
        function,
        input_shape,
        pool_size,
        strides,
        padding,
        data_format,
        ceil_mode,
        shape_argument="input_shape",
    )
    counts_pad = checked_flag(function, "count_include_pad", count_include_pad)
    return averages_backward(function, dy, window, window.output_shape, counts_pad)


def averages_backward(
    function: str, dy: Array, window: Window, shape: Shape, count_include_pad: bool
) -> Array:
    """Return dx from dy, which must have the given shape."""
    if dy.shape != shape:
        raise ValueError(f"{function}: dy.shape={dy.shape}; must be {shape}")
    dy = contiguous(dy)
    dx = empty_on(dy, window.input_shape)
    kernels_for(dy).avg_pool2d_backward(dtype_code(dy), dy, dx, window.packed, count_include_pad)
    return dx
