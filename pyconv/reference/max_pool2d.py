# SPDX-License-Identifier: BSD-3-Clause
"""Max pooling: y[n, i, j, c] is the largest pixel of x[n, :, :, c] under window (i, j)."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.geometry import DataFormat, IntPair, Padding, Shape, Window
from pyconv.reference.taps import channels_last, cropped, padded, taps, users_layout

Array: TypeAlias = npt.NDArray[Any]


def max_pool2d(
    x: Array,
    pool_size: IntPair = 2,
    *,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
) -> Array:
    """Return the largest pixel of every window."""
    y, _ = max_pool2d_with_argmax(
        x,
        pool_size,
        strides=strides,
        padding=padding,
        data_format=data_format,
        ceil_mode=ceil_mode,
    )
    return y


def max_pool2d_with_argmax(
    x: Array,
    pool_size: IntPair = 2,
    *,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
) -> tuple[Array, Array]:
    """Return y and argmax, (n, oh, ow, c) in the layout of x.

    argmax is row * pool width + column in the window. A NaN wins its window; of equals, the first;
    padding never wins.
    """
    window = Window.pool("max_pool2d", x.shape, pool_size, strides, padding, data_format, ceil_mode)
    image = padded(channels_last(x, window), window, 0)
    real = padded(np.ones((window.n, window.h, window.w, window.c), bool), window, False)
    best = np.zeros((window.n, window.oh, window.ow, window.c), x.dtype)
    found = np.zeros(best.shape, bool)
    argmax = np.zeros(best.shape, window.offset_dtype)
    for r, s, where in taps(window):
        seen = image[where]
        larger = (seen > best) | (np.isnan(seen) & ~np.isnan(best))
        wins = real[where] & (larger | ~found)
        best[wins] = seen[wins]
        argmax[wins] = r * window.kw + s
        found |= real[where]
    return users_layout(best, window), users_layout(argmax, window)


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
    """Return dx of the input's shape: each dy is added at the pixel that won its window."""
    window = Window.pool(
        "max_pool2d_backward", input_shape, pool_size, strides, padding, data_format, ceil_mode
    )
    dimage = padded(np.zeros((window.n, window.h, window.w, window.c)), window, 0)
    winners = channels_last(argmax, window)
    for r, s, where in taps(window):
        dimage[where] += np.where(winners == r * window.kw + s, channels_last(dy, window), 0)
    return users_layout(cropped(dimage, window).astype(dy.dtype), window)
