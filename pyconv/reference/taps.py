# SPDX-License-Identifier: BSD-3-Clause
"""Where a window's taps meet the padded image.

Tap (r, s) of window (i, j) stands on pixel (i * sh + r * dil_h - top, j * sw + s * dil_w - left).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.geometry import Window

Array: TypeAlias = npt.NDArray[Any]


def channels_last(x: Array, window: Window) -> Array:
    """Return a view (n, h, w, c) of an array in the window's data format."""
    return np.moveaxis(x, 1, -1) if window.channels_first else x


def users_layout(x: Array, window: Window) -> Array:
    """Return an (n, h, w, c) array in the window's data format, contiguous."""
    return np.ascontiguousarray(np.moveaxis(x, -1, 1) if window.channels_first else x)


def padded(x: Array, window: Window, fill: Any) -> Array:
    """Return (n, h, w, c) pixels surrounded by `fill`, as far as any window reaches."""
    below = max(window.bottom, _reach(window)[0] - window.top - window.h)
    beyond = max(window.right, _reach(window)[1] - window.left - window.w)
    around = ((0, 0), (window.top, below), (window.left, beyond), (0, 0))
    return np.pad(x, around, constant_values=fill)


def _reach(window: Window) -> tuple[int, int]:
    """Return how many padded rows and columns the last window ends at."""
    rows = (window.oh - 1) * window.sh + (window.kh - 1) * window.dil_h + 1
    columns = (window.ow - 1) * window.sw + (window.kw - 1) * window.dil_w + 1
    return rows, columns


def cropped(image: Array, window: Window) -> Array:
    """Return the pixels (n, h, w, c) of a padded image."""
    rows = slice(window.top, window.top + window.h)
    return image[:, rows, window.left : window.left + window.w]


def taps(window: Window) -> Iterator[tuple[int, int, tuple[slice, slice, slice]]]:
    """Yield (r, s, where): image[where] is what tap (r, s) of every window sees, (n, oh, ow, c)."""
    for r in range(window.kh):
        for s in range(window.kw):
            top, left = r * window.dil_h, s * window.dil_w
            rows = slice(top, top + (window.oh - 1) * window.sh + 1, window.sh)
            columns = slice(left, left + (window.ow - 1) * window.sw + 1, window.sw)
            yield r, s, (slice(None), rows, columns)
