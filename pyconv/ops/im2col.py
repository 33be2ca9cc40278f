# SPDX-License-Identifier: BSD-3-Clause
"""The matrix of windows: row (n, i, j) holds the pixels that window (i, j) of image n covers."""

from __future__ import annotations

from pyconv.backend import Array, as_input, contiguous, dtype_code, empty_on, kernels_for
from pyconv.geometry import DataFormat, IntPair, Padding, Shape, Window


def im2col(
    x: Array,
    kernel_size: IntPair,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return every window of x as a row.

    Args:
        x: (n, h, w, c), or (n, c, h, w) for "channels_first"; float32 or float64, any strides.
        kernel_size, strides, dilation_rate: pixels, int or (height, width).
        padding: "valid", "same", pixels, (height, width) or ((top, bottom), (left, right)).
    Returns:
        col: (n * oh * ow, kh * kw * c), columns ordered (kh, kw, c), or (c, kh, kw) for
        "channels_first"; what lies in the padding is 0.
    Raises:
        TypeError: dtype of x. ValueError: rank or geometry. Nothing is allocated before.
    Source: the book's im2col, chapter 7.4; the naive form is pyconv.reference.im2col.
    """
    x = as_input(x, "im2col", "x", ndim=4)
    window = Window.im2col(
        "im2col", x.shape, kernel_size, strides, padding, dilation_rate, data_format
    )
    x = contiguous(x)
    col = empty_on(x, window.col_shape)
    kernels_for(x).im2col(dtype_code(x), x, col, window.packed)
    return col


def col2im(
    col: Array,
    input_shape: Shape,
    kernel_size: IntPair,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return the adjoint of im2col: every element of col added at the pixel it came from.

    Args:
        col: (n * oh * ow, kh * kw * c), columns ordered as im2col orders them.
        input_shape: the shape of im2col's x; the other arguments as there.
    Returns:
        dx: input_shape, dtype of col.
    Raises:
        TypeError: dtype of col. ValueError: geometry, or a shape that im2col would not give.
    Source: the book's col2im, chapter 7.4; the naive form is pyconv.reference.col2im.
    """
    col = as_input(col, "col2im", "col", ndim=2)
    window = Window.im2col(
        "col2im",
        input_shape,
        kernel_size,
        strides,
        padding,
        dilation_rate,
        data_format,
        shape_argument="input_shape",
    )
    if col.shape != window.col_shape:
        raise ValueError(f"col2im: col.shape={col.shape}; must be {window.col_shape}")
    col = contiguous(col)
    dx = empty_on(col, window.input_shape)
    kernels_for(col).col2im(dtype_code(col), col, dx, window.packed)
    return dx
