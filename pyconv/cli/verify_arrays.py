# SPDX-License-Identifier: BSD-3-Clause
"""The arrays of a verification: whole numbers, whose sums are exact, or random numbers."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Numbers:
    """1..8 of either sign on whole numbers; on random ones normal, less where said.

    kind: "signed"; "square", at least 0.5; "share", in (0.1, 0.9); "rows", which add up to 1.
    """

    shape: tuple[int, ...]
    kind: str = "signed"


@dataclass(frozen=True)
class Indices:
    """Whole numbers from 0 up to `below`, of an integer type: labels, places in a window."""

    shape: tuple[int, ...]
    below: int
    dtype: str = "int64"


@dataclass(frozen=True)
class Given:
    """An array with these values."""

    values: Any


Spec = Numbers | Indices | Given


def draw(spec: Spec, dtype: np.dtype[Any], *, whole: bool, seed: int) -> Array:
    """Return the array of a specification; the same seed gives the same."""
    rng = np.random.default_rng(zlib.crc32(repr((spec, seed)).encode()))
    if isinstance(spec, Given):
        return np.array(spec.values, dtype)
    if isinstance(spec, Indices):
        places: Array = rng.integers(0, spec.below, spec.shape).astype(spec.dtype)
        return places
    if whole and spec.kind == "signed":
        numbers = rng.integers(1, 9, spec.shape) * rng.choice((-1, 1), spec.shape)
        return np.asarray(numbers, dtype)
    values: Array = rng.standard_normal(spec.shape)
    if spec.kind == "square":
        values = values * values + 0.5
    elif spec.kind == "share":
        values = rng.uniform(0.1, 0.9, spec.shape)
    elif spec.kind == "rows":
        values = np.abs(values) + 0.1
        values /= values.sum(-1, keepdims=True)
    return np.asarray(values, dtype)
