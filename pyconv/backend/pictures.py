# SPDX-License-Identifier: BSD-3-Clause
"""Decoded pictures, bytes in memory of others, through the native code."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.backend.native import _core


def resize_bytes(
    image: np.ndarray[Any, Any], y: np.ndarray[Any, Any], packed: bytes, code: int
) -> None:
    """Write a picture (h, w, c) uint8 into y (oh, ow, c), C-contiguous float32, at its size.

    The bits are those of `resize` on the same values as floats; it is one thread's work. Rows and
    pixels may lie apart, as where three channels take four bytes; other layouts are copied first.

    Args:
        packed: the window's record. code: of the interpolation.
    """
    h, w, c = image.shape
    row, pixel, channel = image.strides
    pixel = c if w == 1 else pixel
    if (c > 1 and channel != 1) or not (pixel == c or (pixel == 4 and c == 3)):
        image, row, pixel = np.array(image, order="C"), w * c, c
    address = _core.address
    _core.resize_bytes(address(image), row if h > 1 else 0, pixel, address(y), packed, code)
