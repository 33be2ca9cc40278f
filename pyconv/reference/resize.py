# SPDX-License-Identifier: BSD-3-Clause
"""Resizing: y = R x C^T, where row i of R holds the weights of the rows that y's row i is made of.

The centre of row i lies at p = (i + 1/2) h / oh - 1/2.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.geometry import DataFormat, IntPair, Shape, Window

Array: TypeAlias = npt.NDArray[Any]


def _weights(size: int, output: int, interpolation: str, wide: np.dtype[Any]) -> Array:
    """Return (output, size): what every input pixel adds to every output pixel of an axis."""
    weights: Array = np.zeros((output, size), wide)
    for i in range(output):
        place = Fraction((2 * i + 1) * size, 2 * output) - Fraction(1, 2)
        if interpolation == "nearest":
            weights[i, floor(place + Fraction(1, 2))] = 1
            continue
        lower = floor(place)
        for at, weight in ((lower, 1 - (place - lower)), (lower + 1, place - lower)):
            exact = wide.type(weight.numerator) / wide.type(weight.denominator)
            weights[i, min(max(at, 0), size - 1)] += exact
    return weights


def resize(
    x: Array,
    size: IntPair,
    *,
    interpolation: str = "bilinear",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return the images at another size."""
    window = Window.resize("resize", x.shape, size, data_format)
    wide = np.result_type(x.dtype, np.float64)
    rows = _weights(window.h, window.oh, interpolation, wide)
    columns = _weights(window.w, window.ow, interpolation, wide)
    where = "ncyx" if data_format == "channels_first" else "nyxc"
    to = where.replace("y", "i").replace("x", "j")
    y = np.einsum(f"iy,jx,{where}->{to}", rows, columns, x.astype(wide))
    return np.ascontiguousarray(y.astype(x.dtype))


def resize_backward(
    dy: Array,
    input_shape: Shape,
    *,
    interpolation: str = "bilinear",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return dx = R^T dy C."""
    size = dy.shape[2:] if data_format == "channels_first" else dy.shape[1:3]
    window = Window.resize("resize_backward", input_shape, size, data_format)
    wide = np.result_type(dy.dtype, np.float64)
    rows = _weights(window.h, window.oh, interpolation, wide)
    columns = _weights(window.w, window.ow, interpolation, wide)
    where = "ncyx" if data_format == "channels_first" else "nyxc"
    given = where.replace("y", "i").replace("x", "j")
    dx = np.einsum(f"iy,jx,{given}->{where}", rows, columns, dy.astype(wide))
    return np.ascontiguousarray(dx.astype(dy.dtype))
