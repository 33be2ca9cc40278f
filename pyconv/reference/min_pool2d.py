# SPDX-License-Identifier: BSD-3-Clause
"""Min pooling: y[n, i, j, c] is the smallest pixel under window (i, j): min(x) = -max(-x)."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from pyconv.geometry import DataFormat, IntPair, Padding
from pyconv.reference.max_pool2d import max_pool2d_backward, max_pool2d_with_argmax

Array: TypeAlias = npt.NDArray[Any]


def min_pool2d(
    x: Array,
    pool_size: IntPair = 2,
    *,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
) -> Array:
    """Return the smallest pixel of every window."""
    y, _ = min_pool2d_with_argmin(
        x,
        pool_size,
        strides=strides,
        padding=padding,
        data_format=data_format,
        ceil_mode=ceil_mode,
    )
    return y


def min_pool2d_with_argmin(
    x: Array,
    pool_size: IntPair = 2,
    *,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
) -> tuple[Array, Array]:
    """Return y and argmin; NaN, equals and padding as in max_pool2d_with_argmax."""
    y, argmin = max_pool2d_with_argmax(
        -x,
        pool_size,
        strides=strides,
        padding=padding,
        data_format=data_format,
        ceil_mode=ceil_mode,
    )
    return -y, argmin


# Each dy goes to the pixel that won, whichever order it won by.
min_pool2d_backward = max_pool2d_backward
