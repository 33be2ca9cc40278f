# SPDX-License-Identifier: BSD-3-Clause
"""Global pooling: y[n, c] is the mean, or the largest pixel, of x[n, :, :, c]: one window each."""

from __future__ import annotations

from pyconv.backend import Array, as_input
from pyconv.geometry import DataFormat, Shape, Window, checked_flag
from pyconv.ops.avg_pool2d import averages, averages_backward
from pyconv.ops.pool2d import best_pixels, best_pixels_and_offsets, best_pixels_backward


def _geometry(
    function: str,
    shape: Shape,
    data_format: DataFormat,
    keepdims: bool,
    shape_argument: str = "x.shape",
) -> tuple[Window, Shape]:
    """Return the window that covers the image, and the shape of y."""
    window = Window.global_pool(function, shape, data_format, shape_argument=shape_argument)
    kept = checked_flag(function, "keepdims", keepdims)
    return window, window.output_shape if kept else (window.n, window.c)


def global_avg_pool2d(
    x: Array, *, keepdims: bool = False, data_format: DataFormat = "channels_last"
) -> Array:
    """Return the mean of every channel of every image.

    Args:
        x: (n, h, w, c), or (n, c, h, w) for "channels_first"; float32 or float64, any strides.
        keepdims: leave height and width in y, each 1.
    Returns:
        y: (n, c), or with keepdims (n, 1, 1, c) or (n, c, 1, 1); dtype of x.
    Raises:
        TypeError: dtype of x. ValueError: rank or an empty image. Nothing is allocated before.
    Source: Keras GlobalAveragePooling2D; the naive form is pyconv.reference.global_avg_pool2d.
    """
    x = as_input(x, "global_avg_pool2d", "x", ndim=4)
    window, shape = _geometry("global_avg_pool2d", x.shape, data_format, keepdims)
    return averages(x, window, False).reshape(shape)


def global_avg_pool2d_backward(
    dy: Array,
    input_shape: Shape,
    *,
    keepdims: bool = False,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return the gradient of global_avg_pool2d: every pixel gets dy / (h * w).

    Args:
        dy: the gradient of y, shape of y. input_shape: the shape of x; the rest as there.
    Returns:
        dx: input_shape, dtype of dy.
    Raises:
        TypeError: dtype of dy. ValueError: shapes.
    """
    function = "global_avg_pool2d_backward"
    window, shape = _geometry(function, input_shape, data_format, keepdims, "input_shape")
    dy = as_input(dy, function, "dy", ndim=len(shape))
    return averages_backward(function, dy, window, shape, False)


def global_max_pool2d(
    x: Array, *, keepdims: bool = False, data_format: DataFormat = "channels_last"
) -> Array:
    """Return the largest pixel of every channel; global_max_pool2d_with_argmax says more."""
    x = as_input(x, "global_max_pool2d", "x", ndim=4)
    window, shape = _geometry("global_max_pool2d", x.shape, data_format, keepdims)
    return best_pixels("max", x, window).reshape(shape)


def global_max_pool2d_with_argmax(
    x: Array, *, keepdims: bool = False, data_format: DataFormat = "channels_last"
) -> tuple[Array, Array]:
    """Return the largest pixel of every channel of every image, and where it stood.

    Args:
        x: (n, h, w, c), or (n, c, h, w) for "channels_first"; float32 or float64, any strides.
        keepdims: leave height and width in y and argmax, each 1.
    Returns:
        y: (n, c), or with keepdims (n, 1, 1, c) or (n, c, 1, 1); dtype of x. A NaN wins; of
        equals, the first.
        argmax: shape of y, row * w + column (uint8 up to 256 pixels, else int32).
    Raises:
        TypeError: dtype of x. ValueError: rank or an empty image. Nothing is allocated before.
    Source: Keras GlobalMaxPooling2D; the naive form is pyconv.reference.global_max_pool2d.
    """
    x = as_input(x, "global_max_pool2d", "x", ndim=4)
    window, shape = _geometry("global_max_pool2d", x.shape, data_format, keepdims)
    y, argmax = best_pixels_and_offsets("max", x, window)
    return y.reshape(shape), argmax.reshape(shape)


def global_max_pool2d_backward(
    dy: Array,
    argmax: Array,
    input_shape: Shape,
    *,
    keepdims: bool = False,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return the gradient of global_max_pool2d: dy goes to the pixel that won.

    Args:
        dy: the gradient of y, shape of y. argmax: as global_max_pool2d_with_argmax returned it.
        input_shape: the shape of x; the rest as there.
    Returns:
        dx: input_shape, dtype of dy.
    Raises:
        TypeError: kinds and dtypes. ValueError: shapes, or an offset outside the image, with its
        position.
    """
    function = "global_max_pool2d_backward"
    window, shape = _geometry(function, input_shape, data_format, keepdims, "input_shape")
    return best_pixels_backward(function, dy, argmax, "argmax", window, shape)
