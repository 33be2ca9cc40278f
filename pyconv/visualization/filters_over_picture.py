# SPDX-License-Identifier: BSD-3-Clause
"""The first filters of a layer, each alone over a picture: what it answers to."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv import ops
from pyconv.evaluation.numbers_of import numbers_of
from pyconv.visualization.as_picture import as_picture
from pyconv.visualization.canvas import Path, figure

ROWS = COLUMNS = 4


def filters_over_picture(
    picture: Any, kernel: Any, path: Path | None = None, *, cmap: str = "gray"
) -> npt.NDArray[np.float32]:
    """Draw the first 16 filters, each alone and without bias, over a picture, four a row.

    Args:
        picture: (h, w) for kernels of one channel, else (h, w, 3); bytes or 0 to 1.
        kernel: (kh, kw, c, filters), a first layer's, c = 1 or 3.
        path: of the PNG file; None shows the picture.
        cmap: matplotlib's name; "gray_r" draws small answers white, as the book does.
    Returns:
        The answers, (up to 16, h - kh + 1, w - kw + 1), unscaled.
    Raises:
        TypeError: no numbers. ValueError: shapes that do not fit each other.
    Source: Saito, Deep Learning from Scratch, 7.6.1.
    """
    function = "filters_over_picture"
    pixels = as_picture(function, "picture", picture)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    weights = numbers_of(function, "kernel", kernel).astype(np.float32)
    if weights.ndim != 4 or weights.shape[2] != pixels.shape[2] or not weights.size:
        raise ValueError(
            f"{function}: kernel.shape={weights.shape} over a picture {pixels.shape}; must be "
            f"(kh, kw, {pixels.shape[2]}, filters)"
        )
    weights = np.ascontiguousarray(weights[..., : ROWS * COLUMNS])
    answers = np.moveaxis(ops.conv2d(pixels[None], weights)[0], -1, 0)
    side = 1.6 * answers.shape[1] / answers.shape[2]
    with figure(function, path, 1.6 * COLUMNS, side * ROWS) as drawn:
        panels = drawn.subplots(ROWS, COLUMNS).reshape(-1)
        for axes in panels:
            axes.axis("off")
        for axes, answer in zip(panels, answers, strict=False):
            axes.imshow(answer, cmap=cmap)
    return np.ascontiguousarray(answers)
