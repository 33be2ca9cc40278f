# SPDX-License-Identifier: BSD-3-Clause
"""Generated poolings: sizes around vector widths, and every kind of geometry."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from arrays import integers

from pyconv import reference

CHUNKS, CASES_IN_CHUNK = 5, 80
_AROUND_VECTORS = (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33)


def pool_case(seed: int) -> tuple[np.ndarray, tuple[int, int], dict[str, Any], int]:
    """Return x, pool_size, options and threads of a pooling; values repeat, so there are ties."""
    draw = random.Random(seed)
    while True:
        n, h, w, c = draw.choice((1, 2)), *(draw.choice(_AROUND_VECTORS) for _ in range(3))
        channels_first = draw.random() < 0.5
        shape = (n, c, h, w) if channels_first else (n, h, w, c)
        pool_size = draw.choice((1, 2, 2, 3, 4, 7)), draw.choice((1, 2, 2, 3, 5, 17))
        below = [draw.randrange(size) for size in pool_size for _ in range(2)]
        options: dict[str, Any] = {
            "strides": draw.choice((None, 1, 2, 3, (1, 4), (5, 2))),
            "padding": draw.choice(
                (
                    "valid",
                    "same",
                    (below[0], below[2]),
                    tuple(zip(below[::2], below[1::2], strict=True)),
                )
            ),
            "data_format": "channels_first" if channels_first else "channels_last",
            "ceil_mode": draw.random() < 0.4,
        }
        x = integers(shape, draw.choice(("float32", "float64")), seed)
        try:
            reference.max_pool2d(np.zeros(shape), pool_size, **options)
        except ValueError:
            continue
        return x, pool_size, options, draw.choice((1, 2, 3, 7))
