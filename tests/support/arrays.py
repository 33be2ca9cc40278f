# SPDX-License-Identifier: BSD-3-Clause
"""Seeded arrays: small integers, whose sums are exact in float32, and random numbers."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np


def generator(*seed: object) -> np.random.Generator:
    """Return the generator that belongs to a tuple of names and numbers."""
    return np.random.default_rng(zlib.crc32(repr(seed).encode()))


def integers(shape: Sequence[int], dtype: Any, *seed: object, largest: int = 8) -> np.ndarray:
    """Return whole numbers of 1..largest and either sign: never 0, so no product hides an error."""
    draw = generator("integers", *seed)
    values = draw.integers(1, largest + 1, tuple(shape)) * draw.choice((-1, 1), tuple(shape))
    return values.astype(dtype)


def normal(shape: Sequence[int], dtype: Any, *seed: object) -> np.ndarray:
    """Return numbers of mean 0 and deviation 1."""
    return generator("normal", *seed).standard_normal(tuple(shape)).astype(dtype)


def positive(shape: Sequence[int], dtype: Any, *seed: object) -> np.ndarray:
    """Return numbers between 0.5 and 1.5, all of one sign."""
    return (generator("positive", *seed).random(tuple(shape)) + 0.5).astype(dtype)
