# SPDX-License-Identifier: BSD-3-Clause
"""Min pooling: y[n, i, j, c] is the smallest pixel of x[n, :, :, c] under window (i, j)."""

from __future__ import annotations

from pyconv.backend import Array, as_input
from pyconv.geometry import DataFormat, IntPair, Padding, Shape
from pyconv.ops.pool2d import best_pixels, best_pixels_and_offsets, best_pixels_backward
from pyconv.ops.windows import pool_window


def min_pool2d(
    x: Array,
    pool_size: IntPair = 2,
    *,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
) -> Array:
    """Return the smallest pixel of every window; min_pool2d_with_argmin says more."""
    x = as_input(x, "min_pool2d", "x", ndim=4)
    window = pool_window("min_pool2d", x.shape, pool_size, strides, padding, data_format, ceil_mode)
    return best_pixels("min", x, window)


def min_pool2d_with_argmin(
    x: Array,
    pool_size: IntPair = 2,
    *,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
) -> tuple[Array, Array]:
    """Return the smallest pixel of every window, and where in its window it stood.

    Args:
        x: (n, h, w, c), or (n, c, h, w) for "channels_first"; float32 or float64, any strides.
        pool_size, strides: pixels, int or (height, width); strides defaults to pool_size.
        padding: as in conv2d, below the pool size; padding never wins.
        ceil_mode: keep a last window that is partly outside, unless it begins in the padding.
    Returns:
        y: (n, oh, ow, c), dtype and layout of x. A NaN wins its window; of equals, the first.
        argmin: shape of y, row * pool width + column in the window (uint8 up to 256, else int32).
    Raises:
        TypeError: dtype of x. ValueError: rank or geometry. Nothing is allocated before.
    Source: max_pool2d with the order turned round; the naive form is pyconv.reference.min_pool2d.
    """
    x = as_input(x, "min_pool2d", "x", ndim=4)
    window = pool_window("min_pool2d", x.shape, pool_size, strides, padding, data_format, ceil_mode)
    return best_pixels_and_offsets("min", x, window)


def min_pool2d_backward(
    dy: Array,
    argmin: Array,
    input_shape: Shape,
    *,
    pool_size: IntPair = 2,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
) -> Array:
    """Return the gradient of min_pool2d: each dy goes to the pixel that won its window.

    Args:
        dy: the gradient of y, shape of y. argmin: as min_pool2d_with_argmin returned it.
        input_shape: the shape of x; the geometry as min_pool2d got it.
    Returns:
        dx: input_shape, dtype of dy.
    Raises:
        TypeError: kinds and dtypes. ValueError: geometry, shapes, or an offset outside its window
        or the image, with its position.
    """
    function = "min_pool2d_backward"
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
    return best_pixels_backward(function, dy, argmin, "argmin", window, window.output_shape)
