# SPDX-License-Identifier: BSD-3-Clause
"""Generated depthwise and transposed convolutions: every kind of geometry, small and exact."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from arrays import integers

from pyconv import ops

CHANNELS = (1, 2, 3, 7, 8, 9, 16, 17, 33)


@dataclass(frozen=True)
class AdjointCase:
    """Shapes of x and the kernel, the filters of y, and the options of the op."""

    seed: int
    x_shape: tuple[int, ...]
    kernel_shape: tuple[int, ...]
    filters: int
    options: dict[str, Any]
    dtype: str


def depthwise_case(seed: int) -> AdjointCase:
    """Return the depthwise convolution that belongs to a seed."""
    return _case(seed, "depthwise_conv2d")


def transpose_case(seed: int) -> AdjointCase:
    """Return the transposed convolution that belongs to a seed."""
    return _case(seed, "conv2d_transpose")


def _case(seed: int, op: str) -> AdjointCase:
    draw = random.Random(f"{op} {seed}")
    while True:
        case = _drawn(draw, seed, op)
        kernel = integers(case.kernel_shape, case.dtype, 0)
        x = integers(case.x_shape, case.dtype, 0)
        try:
            getattr(ops, op)(x, kernel, **case.options)
        except ValueError:
            continue
        return case


def _drawn(draw: random.Random, seed: int, op: str) -> AdjointCase:
    def pair(values: tuple[int, ...]) -> tuple[int, int]:
        return draw.choice(values), draw.choice(values)

    n, h, w = draw.choice((1, 1, 2, 3)), draw.randint(1, 9), draw.randint(1, 9)
    c, other = draw.choice(CHANNELS), draw.choice((1, 1, 2, 3))
    kh, kw = pair((1, 2, 3, 3, 4, 5))
    layout = draw.choice(("channels_last", "channels_first"))
    strides = pair((1, 1, 2, 3))
    options: dict[str, Any] = {
        "strides": strides,
        "padding": draw.choice(("valid", "same", pair((0, 1, 2)), ((1, 0), (0, 2)))),
        "dilation_rate": pair((1, 1, 2)),
        "data_format": layout,
    }
    if op == "conv2d_transpose":
        other = draw.choice(CHANNELS)
        options["output_padding"] = draw.choice(
            (None, tuple(draw.randrange(stride) for stride in strides))
        )
    depthwise = op == "depthwise_conv2d"
    return AdjointCase(
        seed,
        (n, c, h, w) if layout == "channels_first" else (n, h, w, c),
        (kh, kw, c, other) if depthwise else (kh, kw, other, c),
        c * other if depthwise else other,
        options,
        draw.choice(("float32", "float64")),
    )
