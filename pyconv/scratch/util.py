# SPDX-License-Identifier: BSD-3-Clause
"""im2col and col2im in the book's form, and small tools of its programs."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv import ops
from pyconv.arguments import whole_number
from pyconv.backend import Array, as_numbers
from pyconv.scratch.arrays import promoted

__all__ = ["col2im", "conv_output_size", "im2col", "np", "shuffle_dataset", "smooth_curve"]

_WINDOW, _SHAPE = 11, 2  # of the Kaiser window, the second its beta


def im2col(input_data: Any, filter_h: int, filter_w: int, stride: int = 1, pad: int = 0) -> Array:
    """Return the windows of images as rows, chapter 7.4.2.

    Args:
        input_data: (n, c, h, w). stride, pad: pixels, both ways.
    Returns:
        (n * oh * ow, c * filter_h * filter_w), columns ordered (c, filter_h, filter_w).
    Raises:
        TypeError: no array of numbers. ValueError: rank or geometry.
    """
    (x,) = promoted("im2col", input_data=input_data)
    return ops.im2col(
        x, (filter_h, filter_w), strides=stride, padding=pad, data_format="channels_first"
    )


def col2im(
    col: Any,
    input_shape: tuple[int, ...],
    filter_h: int,
    filter_w: int,
    stride: int = 1,
    pad: int = 0,
) -> Array:
    """Return images, (n, c, h, w) = input_shape, in which each window's row is added up.

    Args:
        col: as im2col returns it.
    Raises:
        TypeError: no array of numbers. ValueError: geometry, or a shape that im2col would not give.
    """
    (rows,) = promoted("col2im", col=col)
    size = (filter_h, filter_w)
    shape = tuple(input_shape)
    return ops.col2im(rows, shape, size, strides=stride, padding=pad, data_format="channels_first")


def conv_output_size(input_size: int, filter_size: int, stride: int = 1, pad: int = 0) -> int:
    """Return (input_size + 2 pad - filter_size) // stride + 1, pixels.

    Raises:
        TypeError: no integers. ValueError: a filter larger than the padded image.
    """
    name = "conv_output_size"
    pixels = whole_number(name, "input_size", input_size, 1)
    extent = whole_number(name, "filter_size", filter_size, 1)
    padded = pixels + 2 * whole_number(name, "pad", pad, 0)
    if extent > padded:
        raise ValueError(f"{name}: filter_size={extent}; must be <= {padded}, the padded input")
    return (padded - extent) // whole_number(name, "stride", stride, 1) + 1


def smooth_curve(x: Any) -> Array:
    """Return a curve smoothed by a Kaiser window of 11 points, beta 2, as long as x.

    Raises:
        ValueError: fewer than 11 points, or no curve.
    """
    curve = as_numbers(x, "smooth_curve", "x")
    if curve.ndim != 1 or curve.size < _WINDOW:
        raise ValueError(f"smooth_curve: x.shape={curve.shape}; must be at least ({_WINDOW},)")
    mirrored = np.r_[curve[_WINDOW - 1 : 0 : -1], curve, curve[-1:-_WINDOW:-1]]
    window = np.kaiser(_WINDOW, _SHAPE)
    half = _WINDOW // 2
    smooth: Array = np.convolve(window / window.sum(), mirrored, mode="valid")
    return smooth[half : len(smooth) - half]


def shuffle_dataset(x: Array, t: Array) -> tuple[Array, Array]:
    """Return samples and labels in one random order, drawn by np.random.permutation.

    Raises:
        ValueError: not as many labels as samples.
    """
    if len(x) != len(t):
        raise ValueError(f"shuffle_dataset: len(t)={len(t)}; must be {len(x)}, the length of x")
    order = np.random.permutation(x.shape[0])
    return x[order], t[order]
