# SPDX-License-Identifier: BSD-3-Clause
"""Resizing: y[n, i, j, c] is x[n, :, :, c] where the centre of pixel (i, j) falls on it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pyconv.arguments import one_of
from pyconv.backend import Array, as_input, contiguous, dtype_code, empty_on, kernels_for
from pyconv.geometry import DataFormat, IntPair, Shape, Window

Interpolation: TypeAlias = Literal["nearest", "bilinear"]

_INTERPOLATIONS = {"nearest": 0, "bilinear": 1}


def interpolation_code(function: str, interpolation: Interpolation) -> int:
    """Return the native code of an interpolation."""
    return named_code(function, "interpolation", interpolation, _INTERPOLATIONS)


def named_code(function: str, argument: str, name: str, codes: dict[str, int]) -> int:
    """Return the code of a name; others are refused."""
    return codes[one_of(function, argument, name, codes)]


def resize(
    x: Array,
    size: IntPair,
    *,
    interpolation: Interpolation = "bilinear",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return the images at another size, without antialiasing.

    The centre of output row i lies at row p = (i + 1/2) h / oh - 1/2 of x, columns likewise.
    "nearest" takes row floor(p + 1/2); "bilinear" weighs floor(p) and floor(p) + 1 by their
    distance, the first and the last row standing for what lies beyond.

    Args:
        x: (n, h, w, c), or (n, c, h, w) for "channels_first"; float32 or float64, any strides.
        size: pixels (oh, ow), or one int for both.
    Returns:
        y: (n, oh, ow, c), dtype and layout of x.
    Raises:
        TypeError: dtype of x. ValueError: rank, size, interpolation. Nothing is allocated before.
    Source: Keras ops.image.resize with antialias=False; the naive form is pyconv.reference.resize.
    """
    x = as_input(x, "resize", "x", ndim=4)
    window = Window.resize("resize", x.shape, size, data_format)
    code = interpolation_code("resize", interpolation)
    x = contiguous(x)
    y = empty_on(x, window.output_shape)
    kernels_for(x).resize(dtype_code(x), x, y, window.packed, code)
    return y


def resize_backward(
    dy: Array,
    input_shape: Shape,
    *,
    interpolation: Interpolation = "bilinear",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return the gradient of resize, its adjoint: every dy by the weights its pixel had.

    Args:
        dy: the gradient of y, (n, oh, ow, c) in the data format. input_shape: the shape of x.
    Returns:
        dx: input_shape, dtype of dy.
    Raises:
        TypeError: dtype of dy. ValueError: shapes that differ in n or c, interpolation.
    """
    function = "resize_backward"
    dy = as_input(dy, function, "dy", ndim=4)
    size = dy.shape[2:] if data_format == "channels_first" else dy.shape[1:3]
    for axis, pixels in enumerate(size):
        if pixels == 0:
            raise ValueError(f"{function}: dy.shape={dy.shape}; {('height', 'width')[axis]}=0")
    window = Window.resize(function, input_shape, size, data_format, shape_argument="input_shape")
    code = interpolation_code(function, interpolation)
    if dy.shape != window.output_shape:
        raise ValueError(f"{function}: dy.shape={dy.shape}; must be {window.output_shape}")
    dy = contiguous(dy)
    dx = empty_on(dy, window.input_shape)
    kernels_for(dy).resize_backward(dtype_code(dy), dy, dx, window.packed, code)
    return dx
