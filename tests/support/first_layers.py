# SPDX-License-Identifier: BSD-3-Clause
"""What first layers are drawn from: few channels, every step and border, exact integers."""

from __future__ import annotations

from typing import Any

import numpy as np
from drawn_windows import Dice

CHANNELS = (1, 2, 3, 4)
DICE = Dice(
    images=(0, 1, 1, 2),
    side=37,
    borders=(0, 0, 1, 3, 20),
    dilations=((1, 1, 2, 3), (1, 1, 2, 5)),
    taps=7,
    strides=((1, 1, 2, 4, 7), (1, 1, 2, 4, 8, 15)),
)


def integers(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Any:
    return rng.integers(-4, 5, shape).astype(dtype)
