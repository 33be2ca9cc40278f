# SPDX-License-Identifier: BSD-3-Clause
"""How a picture of any size and colour becomes what a model takes.

1. For a model of grey pictures colours become their brightness, 0.299 r + 0.587 g + 0.114 b, and
   a picture whose border is bright, by the median of its outermost pixels, is turned into its
   negative: models learned light on dark.
2. The shorter sides get a border of the picture's own border brightness until the shape fits.
3. Every new pixel is the mean of the area that it covers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pyconv.cli.picture_files import Picture

BRIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def fit_picture(picture: Picture, input_shape: tuple[int, int, int]) -> Picture:
    """Return a picture (h, w, 1 or 3) in [0, 1] as the input (h, w, c) of a model.

    Raises:
        ValueError: the model takes neither grey nor colour pictures.
    """
    height, width, channels = input_shape
    if channels not in (1, 3):
        raise ValueError(f"the model takes {channels} channels; must be 1 or 3")
    if channels == 1:
        picture = _light_on_dark(_grey(picture))
    elif picture.shape[2] == 1:
        picture = np.repeat(picture, 3, axis=2)
    if picture.shape == input_shape:
        return picture
    h, w, _ = picture.shape
    # The sides of the smallest frame around the picture that has the model's shape.
    tall, wide = max(h, w * height / width), max(w, h * width / height)
    border = _border(picture)
    rows, columns = _areas(h, tall, height), _areas(w, wide, width)
    fitted = np.einsum("ih,hwc,jw->ijc", rows, picture - border, columns, optimize=True)
    return np.asarray(fitted + border, np.float32)  # where the frame is empty, the border alone


def _grey(picture: Picture) -> Picture:
    grey: Picture = picture if picture.shape[2] == 1 else (picture @ BRIGHTNESS)[..., None]
    return grey


def _border(picture: Picture) -> npt.NDArray[np.float32]:
    """Return the median of the outermost pixels, (c,)."""
    edges = (picture[0], picture[-1], picture[:, 0], picture[:, -1])
    border: npt.NDArray[np.float32] = np.median(np.concatenate(edges), axis=0).astype(np.float32)
    return border


def _light_on_dark(picture: Picture) -> Picture:
    return 1 - picture if _border(picture)[0] > 0.5 else picture


def _areas(old: int, frame: float, new: int) -> npt.NDArray[np.float64]:
    """Return (new, old): which share of a new pixel each old pixel covers.

    `old` pixels lie in the middle of `frame`, which becomes `new` pixels.
    """
    edges = np.arange(new + 1) * (frame / new) - (frame - old) / 2  # of new pixels, in old ones
    starts = np.arange(old)
    low = np.maximum(edges[:-1, None], starts)
    high = np.minimum(edges[1:, None], starts + 1)
    shares: npt.NDArray[np.float64] = np.maximum(high - low, 0) * (new / frame)
    return shares
