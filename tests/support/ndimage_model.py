# SPDX-License-Identifier: BSD-3-Clause
"""scipy.ndimage.affine_transform of one 2-D image for orders 0 and 1, by its documentation.

The output's pixel p shows the input at matrix p + offset, in rows and columns. "constant" gives
cval beyond the centres of the outermost pixels; "wrap" is the documented a b c d | a b c d.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def affine_transform(
    image: Array, matrix: Array, offset: Array, order: int, mode: str, cval: float
) -> Array:
    """Return the image as seen through the map."""
    places = np.indices(image.shape).reshape(2, -1)
    places = (matrix @ places + np.reshape(offset, (2, 1))).reshape(2, *image.shape)
    lower = np.floor(places + 0.5 if order == 0 else places).astype(int)
    upper_share = np.zeros(places.shape) if order == 0 else places - lower
    result = np.zeros(image.shape)
    for down in (0, 1):
        for across in (0, 1):
            step = np.reshape([down, across], (2, 1, 1))
            shares = np.where(step == 1, upper_share, 1 - upper_share)
            rows, columns = (
                _inside(place, size, mode)
                for place, size in zip(lower + step, image.shape, strict=True)
            )
            result += shares[0] * shares[1] * image[rows, columns]
    if mode == "constant":
        ends = np.reshape(image.shape, (2, 1, 1)) - 1
        result[((places < 0) | (places > ends)).any(0)] = cval
    return result.astype(image.dtype)


def _inside(place: Array, size: int, mode: str) -> Array:
    if mode == "wrap":
        return place % size
    if mode == "reflect":
        folded: Array = place % (2 * size)
        return np.minimum(folded, 2 * size - 1 - folded)
    return np.clip(place, 0, size - 1)


SCIPY = SimpleNamespace(
    ndimage=SimpleNamespace(interpolation=SimpleNamespace(affine_transform=affine_transform))
)
