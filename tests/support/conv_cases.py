# SPDX-License-Identifier: BSD-3-Clause
"""Generated convolutions: sizes around vector widths, and every kind of geometry."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from pyconv.geometry import Window

_AROUND_VECTORS = (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33)
_KERNEL_SIZES = (1, 1, 2, 3, 3, 3, 4, 5, 7, 9)
# Multiply-adds that keep thousands of cases within a minute.
_MOST_WORK = 300_000


@dataclass(frozen=True)
class ConvCase:
    """One generated convolution; options are those that conv2d and conv2d_backward share."""

    seed: int
    x_shape: tuple[int, ...]
    kernel_shape: tuple[int, ...]
    options: dict[str, Any]
    dtype: str
    activation: str | None
    threads: int

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of y."""
        return self._window().output_shape

    def _window(self) -> Window:
        return _window(self.x_shape, self.kernel_shape, self.options)


def _window(
    x_shape: tuple[int, ...], kernel_shape: tuple[int, ...], options: dict[str, Any]
) -> Window:
    return Window.conv("conv2d", x_shape, kernel_shape, **options)


def conv_case(seed: int) -> ConvCase:
    """Return the case that belongs to a seed."""
    draw = random.Random(seed)
    while True:
        case = _drawn(draw, seed)
        if case is not None:
            return case


def _drawn(draw: random.Random, seed: int) -> ConvCase | None:
    groups = draw.choice((1, 1, 1, 1, 2, 3, 4, 8, 17))
    wide = groups == 1
    per_group = draw.choice(_AROUND_VECTORS if wide else (1, 1, 2, 3, 4, 8))
    filters = draw.choice((*_AROUND_VECTORS, 48, 63, 64, 65) if wide else (1, 1, 2, 3, 8, 9))
    n, h, w = draw.choice((1, 1, 2, 3)), _pixels(draw), _pixels(draw)
    channels_first = draw.random() < 0.5
    c = per_group * groups
    x_shape = (n, c, h, w) if channels_first else (n, h, w, c)
    kernel_shape = (
        draw.choice(_KERNEL_SIZES),
        draw.choice(_KERNEL_SIZES),
        per_group,
        filters * groups,
    )
    options = {
        "strides": _pair(draw, (1, 1, 1, 2, 3, 5)),
        "padding": _padding(draw),
        "dilation_rate": _pair(draw, (1, 1, 1, 2, 3)),
        "groups": groups,
        "data_format": "channels_first" if channels_first else "channels_last",
    }
    try:
        window = _window(x_shape, kernel_shape, options)
    except ValueError:
        return None
    work = window.n * window.oh * window.ow * filters * groups
    if work * per_group * window.kh * window.kw > _MOST_WORK:
        return None
    return ConvCase(
        seed,
        x_shape,
        kernel_shape,
        options,
        draw.choice(("float32", "float32", "float64")),
        draw.choice((None, None, "relu", "relu6")),
        draw.choice((1, 2, 3, 7)),
    )


def _pixels(draw: random.Random) -> int:
    return draw.choice((1, *_AROUND_VECTORS)) if draw.random() < 0.8 else draw.randint(1, 40)


def _pair(draw: random.Random, choices: tuple[int, ...]) -> int | tuple[int, int]:
    return (
        draw.choice(choices)
        if draw.random() < 0.5
        else (draw.choice(choices), draw.choice(choices))
    )


def _padding(draw: random.Random) -> Any:
    pads = (0, 0, 1, 1, 2, 3, 5)
    return draw.choice(
        (
            "valid",
            "same",
            "same",
            draw.choice(pads),
            (draw.choice(pads), draw.choice(pads)),
            ((draw.choice(pads), draw.choice(pads)), (draw.choice(pads), draw.choice(pads))),
        )
    )
