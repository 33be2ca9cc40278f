# SPDX-License-Identifier: BSD-3-Clause
"""Heat maps over pictures, in colours from blue (0) over green to red (1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv import ops
from pyconv.arguments import finite_number
from pyconv.evaluation.numbers_of import numbers_of
from pyconv.visualization.as_picture import (
    Picture,
    as_colours,
    as_map,
    as_picture,
    from_least_to_most,
)
from pyconv.visualization.canvas import Path, figure

# The corners of "jet": where on the map a colour's brightness bends, and what it is there.
RED = ((0, 0.35, 0.66, 0.89, 1), (0, 0, 1, 1, 0.5))
GREEN = ((0, 0.125, 0.375, 0.64, 0.91, 1), (0, 0, 1, 1, 0, 0))
BLUE = ((0, 0.11, 0.34, 0.65, 1), (0.5, 1, 1, 0, 0))


def jet(values: Any) -> Picture:
    """Return values (...) from 0 to 1 as colours (..., 3) from 0 to 1; others count as 0 or 1.

    Raises:
        TypeError: no numbers.
    Source: the colour map of this name in MATLAB and matplotlib, without its 256 steps.
    """
    array = numbers_of("jet", "values", values).astype(np.float64)
    return np.stack([np.interp(array, *band) for band in (RED, GREEN, BLUE)], -1).astype(np.float32)


def superimpose(picture: Any, heat_map: Any, alpha: float = 0.4) -> Picture:
    """Return a picture with a heat map in colours over it: picture + alpha jet(heat map).

    Args:
        picture: (h, w), (h, w, 1) or (h, w, 3), bytes or 0 to 1.
        heat_map: (any h, any w), from 0 to 1; brought to the picture's size (bilinear).
        alpha: how strong the colours are, >= 0.
    Returns:
        (h, w, 3), scaled so that the smallest value is 0 and the largest 1.
    Raises:
        TypeError: no numbers. ValueError: other shapes or values.
    Source: Chollet, Deep Learning with Python, 2nd edition, 9.4.3.
    """
    alpha = finite_number("superimpose", "alpha", alpha, least=0)
    below = as_colours(as_picture("superimpose", "picture", picture))
    heat = as_map("superimpose", "heat_map", heat_map)
    large = ops.resize(heat[None, :, :, None], below.shape[:2])[0, :, :, 0]
    return np.asarray(from_least_to_most(below + alpha * jet(large)), np.float32)


def overlay(
    picture: Any, heat_map: Any, path: Path | None = None, *, alpha: float = 0.4, title: str = ""
) -> Picture:
    """Draw a picture, a heat map, and both together; return the last, as superimpose does.

    Args:
        picture, heat_map, alpha: as of superimpose.
        path: of the PNG file; None shows the picture.
    """
    both = superimpose(picture, heat_map, alpha)
    below = as_colours(as_picture("overlay", "picture", picture))
    panels = (below, jet(heat_map), both)
    side = 3.6
    with figure("overlay", path, 3 * side, side * len(below) / below.shape[1] + 0.4) as drawn:
        drawn.suptitle(title)
        for axes, pixels in zip(drawn.subplots(1, 3), panels, strict=True):
            axes.imshow(pixels)
            axes.set_box_aspect(len(below) / below.shape[1])
            axes.set_aspect("auto")
            axes.axis("off")
    return both
