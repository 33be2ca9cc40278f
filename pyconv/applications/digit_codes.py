# SPDX-License-Identifier: BSD-3-Clause
"""The digits as pictures 12 high and 7 wide: what the output units of LeNet-5 of 1998 expect."""

from __future__ import annotations

from typing import Any

import numpy as np

HEIGHT, WIDTH = 12, 7
_EDGE, _SIDES, _BOTH = ".#####.", "#.....#", "##...##"
_LEFT, _RIGHT, _BAR, _NONE = "##.....", ".....##", "#######", "." * WIDTH

# Ten rows each, between an empty one above and one below.
_ROWS = (
    (_EDGE, _BOTH, _BOTH, _BOTH, _SIDES, _SIDES, _BOTH, _BOTH, _BOTH, _EDGE),
    ("...##..", "..###..", ".####..", *["...##.."] * 6, ".######"),
    (_EDGE, _BOTH, _RIGHT, _RIGHT, "....##.", "...##..", "..##...", ".##....", _LEFT, _BAR),
    (_EDGE, _BOTH, _RIGHT, _RIGHT, "..####.", "..####.", _RIGHT, _RIGHT, _BOTH, _EDGE),
    ("....##.", "...###.", "..####.", ".##.##.", *["##..##."] * 2, _BAR, *["....##."] * 3),
    (_BAR, _LEFT, _LEFT, _LEFT, "######.", _BOTH, _RIGHT, _RIGHT, _BOTH, _EDGE),
    (_EDGE, _BOTH, _LEFT, _LEFT, "######.", _BOTH, _BOTH, _BOTH, _BOTH, _EDGE),
    (_BAR, _RIGHT, _RIGHT, "....##.", "....##.", "...##..", "...##..", *["..##..."] * 3),
    (_EDGE, _BOTH, _BOTH, _BOTH, _EDGE, _BOTH, _BOTH, _BOTH, _BOTH, _EDGE),
    (_EDGE, _BOTH, _BOTH, _BOTH, _BOTH, ".######", _RIGHT, _RIGHT, _BOTH, _EDGE),
)


def digit_codes() -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return (10, 84) float32: for each digit its pixels row by row, 1 for ink and -1 for paper."""
    pixels = [[pixel == "#" for row in (_NONE, *rows, _NONE) for pixel in row] for rows in _ROWS]
    return np.where(pixels, np.float32(1), np.float32(-1))
