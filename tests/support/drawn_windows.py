# SPDX-License-Identifier: BSD-3-Clause
"""Geometries of convolutions drawn by a die; every output has a pixel at least."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

Choices = tuple[int, ...]


class Dice(NamedTuple):
    """What a geometry is drawn from: images, their largest side, borders, taps, steps.

    Pairs are of height and width.
    """

    images: Choices
    side: int
    borders: Choices
    dilations: tuple[Choices, Choices]
    taps: int
    strides: tuple[Choices, Choices]


def drawn_window(
    dice: random.Random, of: Dice, channels: int, groups: int, data_format: str
) -> tuple[tuple[int, ...], tuple[int, int], dict[str, Any]]:
    """Return the shape of x, the sides of the kernel, and the options of the convolution."""
    n, h, w = dice.choice(of.images), dice.randint(1, of.side), dice.randint(1, of.side)
    top, bottom, left, right = (dice.choice(of.borders) for _ in range(4))
    dilation = dice.choice(of.dilations[0]), dice.choice(of.dilations[1])
    kh = dice.randint(1, min(of.taps, (h + top + bottom - 1) // dilation[0] + 1))
    kw = dice.randint(1, min(of.taps, (w + left + right - 1) // dilation[1] + 1))
    options = {
        "strides": (dice.choice(of.strides[0]), dice.choice(of.strides[1])),
        "padding": ((top, bottom), (left, right)),
        "dilation_rate": dilation,
        "groups": groups,
        "data_format": data_format,
    }
    shape = (n, h, w, channels) if data_format == "channels_last" else (n, channels, h, w)
    return shape, (kh, kw), options
