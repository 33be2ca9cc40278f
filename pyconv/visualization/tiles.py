# SPDX-License-Identifier: BSD-3-Clause
"""Small pictures laid out row by row in one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]


def tiled(pictures: Pixels, columns: int, gap: int = 1, background: float = np.nan) -> Pixels:
    """Return pictures (n, h, w) or (n, h, w, 3) in one of at most `columns` a row.

    Gaps of `gap` pixels between them, and places that stay free, are `background`.
    """
    count, height, width, *colours = pictures.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    size = (rows * (height + gap) - gap, columns * (width + gap) - gap, *colours)
    grid = np.full(size, background, pictures.dtype)
    for i, picture in enumerate(pictures):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        grid[top : top + height, left : left + width] = picture
    return grid
