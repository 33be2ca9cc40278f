# SPDX-License-Identifier: BSD-3-Clause
"""Ranges that ImageDataGenerator draws from: their checks, and the shifts' many forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from pyconv.arguments import finite_number, whole_number

Shift: TypeAlias = float | int | Sequence[float]


def checked_pair(function: str, argument: str, value: Any) -> tuple[float, float]:
    """Return two finite numbers in order."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ValueError(f"{function}: {argument}={value!r}; must be two numbers")
    low, high = sorted(
        finite_number(function, f"{argument}[{i}]", one) for i, one in enumerate(value)
    )
    return low, high


def checked_shift(function: str, argument: str, value: Any) -> Shift:
    """Return a float, an int, or a list of numbers."""
    if isinstance(value, (tuple, list)) or (isinstance(value, np.ndarray) and value.ndim):
        numbers = [finite_number(function, f"{argument}[{i}]", one) for i, one in enumerate(value)]
        if not numbers:
            raise ValueError(f"{function}: {argument} is empty; must have a number")
        return numbers
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return whole_number(function, argument, value, 0)
    return finite_number(function, argument, value)


def shift_drawn(shift: Shift, pixels: int, generator: np.random.Generator) -> float:
    """Return pixels drawn from a shift; numbers below 1 are shares of the image's pixels.

    A float f is uniform in (-f, f), an int n a whole number from 1 - n to n - 1; of a list one
    number is chosen, and its sign is, too.
    """
    if isinstance(shift, Sequence):
        drawn, largest = float(generator.choice(shift)), max(shift)
    elif isinstance(shift, int):
        drawn, largest = float(generator.integers(shift)) if shift else 0.0, shift
    else:
        most = shift * pixels if abs(shift) < 1 else shift
        return most * generator.uniform(-1, 1) if shift else 0.0
    if generator.random() < 0.5:
        drawn = -drawn
    return drawn * pixels if largest < 1 else drawn
