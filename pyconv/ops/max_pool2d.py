# SPDX-License-Identifier: BSD-3-Clause
"""Max pooling: y[n, i, j, c] is the largest pixel of x[n, :, :, c] under window (i, j)."""

from __future__ import annotations

from pyconv.backend import Array, as_input
from pyconv.geometry import DataFormat, IntPair, Padding, Shape
from pyconv.ops.pool2d import best_pixels, best_pixels_and_offsets, best_pixels_backward
from pyconv.ops.windows import pool_window


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
    window = pool_window("max_pool2d", x.shape, pool_size, strides, padding, data_format, ceil_mode)
    return best_pixels("max", x, window)


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
    window = pool_window("max_pool2d", x.shape, pool_size, strides, padding, data_format, ceil_mode)
    return best_pixels_and_offsets("max", x, window)


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
    function = "max_pool2d_backward"
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
    return best_pixels_backward(function, dy, argmax, "argmax", window, window.output_shape)
