# SPDX-License-Identifier: BSD-3-Clause
"""Average pooling: y[n, i, j, c] is the sum of x under window (i, j) by the pixels counted there.

Counted are the window's pixels inside the image, with count_include_pad those in the padding too.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.geometry import DataFormat, IntPair, Padding, Shape, Window
from pyconv.reference.taps import channels_last, cropped, padded, taps, users_layout

Array: TypeAlias = npt.NDArray[Any]


def avg_pool2d(
    x: Array,
    pool_size: IntPair = 2,
    *,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
    count_include_pad: bool = False,
) -> Array:
    """Return the mean of every window."""
    window = Window.pool("avg_pool2d", x.shape, pool_size, strides, padding, data_format, ceil_mode)
    image = padded(channels_last(x, window).astype(np.float64), window, 0)
    total = np.zeros((window.n, window.oh, window.ow, window.c))
    for _, _, where in taps(window):
        total += image[where]
    return users_layout((total / _counts(window, count_include_pad)).astype(x.dtype), window)


def _counts(window: Window, count_include_pad: bool) -> Array:
    """Return how many pixels every window counts, (1, oh, ow, 1)."""
    counted = padded(np.ones((1, window.h, window.w, 1)), window, 0)
    if count_include_pad:
        below = window.top + window.h + window.bottom
        counted[:, :below, : window.left + window.w + window.right] = 1
    count = np.zeros((1, window.oh, window.ow, 1))
    for _, _, where in taps(window):
        count += counted[where]
    return count


def avg_pool2d_backward(
    dy: Array,
    input_shape: Shape,
    *,
    pool_size: IntPair = 2,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
    count_include_pad: bool = False,
) -> Array:
    """Return dx of the input's shape: dy by its count, added at all pixels of the window."""
    window = Window.pool(
        "avg_pool2d_backward", input_shape, pool_size, strides, padding, data_format, ceil_mode
    )
    share = channels_last(dy, window).astype(np.float64) / _counts(window, count_include_pad)
    dimage = padded(np.zeros((window.n, window.h, window.w, window.c)), window, 0)
    for _, _, where in taps(window):
        dimage[where] += share
    return users_layout(cropped(dimage, window).astype(dy.dtype), window)
