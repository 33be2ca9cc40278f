# SPDX-License-Identifier: BSD-3-Clause
"""What all initializers share: a seed, a generator, a dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv import random

Values = np.ndarray[Any, Any]


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
        return self.generator().uniform(low, high, shape).astype(dtype)

    def normal(self, mean: float, stddev: float, shape: tuple[int, ...], dtype: str) -> Values:
        return self.generator().normal(mean, stddev, shape).astype(dtype)

    def truncated(self, mean: float, stddev: float, shape: tuple[int, ...], dtype: str) -> Values:
        """Draw from a normal distribution; values beyond two deviations are drawn again."""
        generator = self.generator()
        values = generator.standard_normal(shape)
        while (outside := np.abs(values) > 2).any():
            values[outside] = generator.standard_normal(int(outside.sum()))
        return (mean + stddev * values).astype(dtype)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}
