# SPDX-License-Identifier: BSD-3-Clause
"""What all initializers share: a seed, a generator, a dtype."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from pyconv import random

Values = np.ndarray[Any, Any]
BLOCK = 1 << 15  # numbers drawn at once, in float64: 256 KB stay in the cache


class Initializer:
    """Makes the first values of a weight: `initializer(shape, dtype) -> array`."""

    def __call__(self, shape: tuple[int, ...], dtype: str = "float32") -> Values:
        raise NotImplementedError(f"{type(self).__name__} must define __call__(shape, dtype)")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        return cls(**config)


class RandomInitializer(Initializer):
    """Draws from the process's generator, or, with a seed, the same values at every call."""

    def __init__(self, seed: int | None = None) -> None:
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
            raise ValueError(
                f"{type(self).__name__}: seed={seed!r}; must be None or an integer >= 0"
            )
        self.seed = seed

    def generator(self) -> np.random.Generator:
        return random.generator() if self.seed is None else np.random.default_rng(self.seed)

    def uniform(self, low: float, high: float, shape: tuple[int, ...], dtype: str) -> Values:
        generator, values = self.generator(), np.empty(shape, dtype)
        for block in _blocks(values):
            block[...] = generator.uniform(low, high, block.size)
        return values

    def normal(self, mean: float, stddev: float, shape: tuple[int, ...], dtype: str) -> Values:
        generator, values = self.generator(), np.empty(shape, dtype)
        for block in _blocks(values):
            block[...] = generator.normal(mean, stddev, block.size)
        return values

    def truncated(self, mean: float, stddev: float, shape: tuple[int, ...], dtype: str) -> Values:
        """Draw from a normal distribution; values beyond two deviations are drawn again."""
        generator, values = self.generator(), np.empty(shape, dtype)
        outside, start = [np.empty(0, np.int64)], 0
        for block in _blocks(values):
            drawn = generator.standard_normal(block.size)
            outside.append(np.flatnonzero(np.abs(drawn) > 2) + start)
            block[...] = mean + stddev * drawn
            start += block.size
        flat, again = values.reshape(-1), np.concatenate(outside)
        while again.size:
            drawn = generator.standard_normal(again.size)
            flat[again] = mean + stddev * drawn
            again = again[np.abs(drawn) > 2]
        return values

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


def _blocks(values: Values) -> Iterator[Values]:
    """Return stretches of an array's elements, in order, that write through to it."""
    flat = values.reshape(-1)
    for start in range(0, math.prod(values.shape), BLOCK):
        yield flat[start : start + BLOCK]
