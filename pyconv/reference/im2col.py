# SPDX-License-Identifier: BSD-3-Clause
"""The matrix of windows: row (n, i, j) holds the pixels that window (i, j) of image n covers."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.geometry import DataFormat, IntPair, Padding, Shape, Window
from pyconv.reference.taps import channels_last, cropped, padded, taps, users_layout

Array: TypeAlias = npt.NDArray[Any]


def im2col(
    x: Array,
    kernel_size: IntPair,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return (n * oh * ow, kh * kw * c): every window of x as a row.

    Columns are ordered (kh, kw, c), or (c, kh, kw) for "channels_first"; padding is 0.
    """
    window = Window.im2col(
        "im2col", x.shape, kernel_size, strides, padding, dilation_rate, data_format
    )
    image = padded(channels_last(x, window), window, 0)
    patches = np.empty(_patches_shape(window), x.dtype)  # (n, oh, ow, kh, kw, c)
    for r, s, where in taps(window):
        patches[:, :, :, r, s] = image[where]
    if window.channels_first:
        patches = np.moveaxis(patches, 5, 3)  # (n, oh, ow, c, kh, kw)
    return patches.reshape(window.col_shape)


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
    """Return the adjoint of im2col: every element of col added at the pixel it came from."""
    window = Window.im2col(
        "col2im", input_shape, kernel_size, strides, padding, dilation_rate, data_format
    )
    n, oh, ow, kh, kw, c = _patches_shape(window)
    if window.channels_first:
        patches = np.moveaxis(col.reshape(n, oh, ow, c, kh, kw), 3, 5)
    else:
        patches = col.reshape(n, oh, ow, kh, kw, c)
    dimage = padded(np.zeros((n, window.h, window.w, c)), window, 0)
    for r, s, where in taps(window):
        dimage[where] += patches[:, :, :, r, s]
    return users_layout(cropped(dimage, window), window).astype(col.dtype)


def _patches_shape(window: Window) -> Shape:
    return window.n, window.oh, window.ow, window.kh, window.kw, window.c
