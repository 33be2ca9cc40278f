# SPDX-License-Identifier: BSD-3-Clause
"""Affine sampling: y[n, i, j, c] is x[n, :, :, c] at the point to which a matrix maps (j, i)."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pyconv.arguments import plain_number
from pyconv.backend import (
    Array,
    array_module,
    as_input,
    contiguous,
    dtype_code,
    empty_on,
    kernels_for,
)
from pyconv.geometry import DataFormat, Window
from pyconv.ops.resize import Interpolation, interpolation_code, named_code

FillMode: TypeAlias = Literal["constant", "nearest", "reflect", "wrap"]

_FILL_MODES = {"constant": 0, "nearest": 1, "reflect": 2, "wrap": 3}


def fill_mode_code(function: str, fill_mode: FillMode) -> int:
    """Return the native code of a fill mode."""
    return named_code(function, "fill_mode", fill_mode, _FILL_MODES)


def affine_sample(
    x: Array,
    matrices: Array,
    *,
    fill_mode: FillMode = "constant",
    fill_value: float = 0.0,
    interpolation: Interpolation = "bilinear",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return every image seen through its own affine map, at its own size.

    With [[a0, a1, a2], [b0, b1, b2]] the matrix of image n, y[n, i, j] is x[n] at column
    a0 j + a1 i + a2 and row b0 j + b1 i + b2: pixels are points at whole numbers, the first at 0,
    and the map leads from the output to the input. "nearest" takes the pixel at the rounded
    coordinates, halves to even; "bilinear" weighs the four pixels around. What lies beyond the
    image a b c d is, by fill_mode, of every pixel asked for on its own:

        constant  k k k k | a b c d | k k k k    k = fill_value
        nearest   a a a a | a b c d | d d d d
        reflect   d c b a | a b c d | d c b a
        wrap      a b c d | a b c d | a b c d

    Args:
        x: (n, h, w, c), or (n, c, h, w) for "channels_first"; float32 or float64, any strides.
        matrices: (n, 2, 3), dtype of x, finite. Coordinates are computed in float64; those
            beyond 2^40 are held there.
    Returns:
        y: shape, dtype and layout of x.
    Raises:
        TypeError: kinds and dtypes. ValueError: ranks, shapes, names, a matrix that is not finite.
    Source: Keras ops.image.affine_transform, whose transforms hold (a0, a1, a2, b0, b1, b2, 0, 0);
    the naive form is pyconv.reference.affine_sample.
    """
    function = "affine_sample"
    x = as_input(x, function, "x", ndim=4)
    matrices = as_input(matrices, function, "matrices", ndim=3, like=x)
    window = _checked_window(function, "x.shape", x, matrices, data_format)
    codes = _codes(function, interpolation, fill_mode)
    fill = plain_number(function, "fill_value", fill_value)
    x, matrices = contiguous(x), _checked_matrices(function, matrices)
    y = empty_on(x, window.output_shape)
    kernels_for(x).affine_sample(dtype_code(x), x, matrices, y, window.packed, *codes, fill)
    return y


def affine_sample_backward(
    dy: Array,
    matrices: Array,
    *,
    fill_mode: FillMode = "constant",
    interpolation: Interpolation = "bilinear",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return the gradient of x, the adjoint: every dy by the weights its pixel had.

    Args:
        dy: the gradient of y, shape of y. matrices and options: as affine_sample got them; they
            have no gradient.
    Returns:
        dx: shape and dtype of dy.
    Raises:
        TypeError: kinds and dtypes. ValueError: ranks, shapes, names, a matrix that is not finite.
    """
    function = "affine_sample_backward"
    dy = as_input(dy, function, "dy", ndim=4)
    matrices = as_input(matrices, function, "matrices", ndim=3, like=dy)
    window = _checked_window(function, "dy.shape", dy, matrices, data_format)
    codes = _codes(function, interpolation, fill_mode)
    dy, matrices = contiguous(dy), _checked_matrices(function, matrices)
    dx = empty_on(dy, window.input_shape)
    kernels_for(dy).affine_sample_backward(dtype_code(dy), dy, matrices, dx, window.packed, *codes)
    return dx


def _checked_window(
    function: str, argument: str, x: Array, matrices: Array, data_format: DataFormat
) -> Window:
    height = 2 if data_format == "channels_first" else 1
    size = tuple(max(pixels, 1) for pixels in x.shape[height : height + 2])  # 0 is refused below
    window = Window.resize(
        function, x.shape, (size[0], size[1]), data_format, shape_argument=argument
    )
    if matrices.shape != (window.n, 2, 3):
        raise ValueError(f"{function}: matrices.shape={matrices.shape}; must be {(window.n, 2, 3)}")
    return window


def _codes(function: str, interpolation: Interpolation, fill_mode: FillMode) -> tuple[int, int]:
    return (
        interpolation_code(function, interpolation),
        fill_mode_code(function, fill_mode),
    )


def _checked_matrices(function: str, matrices: Array) -> Array:
    # A copy: another thread may change the caller's matrices after the check.
    matrices = contiguous(matrices).copy()
    finite = array_module(matrices).isfinite(matrices)
    if not bool(finite.all()):
        image = int((~finite).any(axis=(1, 2)).argmax())
        raise ValueError(
            f"{function}: matrices[{image}]={matrices[image].tolist()}; must be finite"
        )
    return matrices
