# SPDX-License-Identifier: BSD-3-Clause
"""Checks of the numbers and flags that layers take."""

from __future__ import annotations

from typing import Any

import numpy as np


def checked_count(layer: str, argument: str, value: Any) -> int:
    """Return a number of filters, units or groups: an integer from 1 to 2**31 - 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{layer}: {argument}={value!r}; must be an integer")
    if not 1 <= value < 2**31:
        raise ValueError(f"{layer}: {argument}={value}; must be >= 1 and < 2**31")
    return int(value)


def checked_flag(layer: str, argument: str, value: Any) -> bool:
    """Return True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{layer}: {argument}={value!r}; must be True or False")
    return bool(value)
