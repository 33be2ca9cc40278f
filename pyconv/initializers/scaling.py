# SPDX-License-Identifier: BSD-3-Clause
"""Random initializers: plain distributions, and those scaled by the fans of the weight.

fan_in and fan_out of a kernel (kh, kw, c_in, c_out) are kh*kw*c_in and kh*kw*c_out.
"""

from __future__ import annotations

import math
from typing import Any

from pyconv.initializers.initializer import RandomInitializer, Values

TRUNCATED_STD = 0.87962566103423978  # of a standard normal cut at two deviations
MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return fan_in and fan_out of a weight's shape."""
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


class RandomNormal(RandomInitializer):
    """Normal distribution."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = float(mean), float(stddev)

    def __call__(self, shape: tuple[int, ...], dtype: str = "float32") -> Values:
        return self.normal(self.mean, self.stddev, shape, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed}


class TruncatedNormal(RandomNormal):
    """Normal distribution cut at two deviations."""

    def __call__(self, shape: tuple[int, ...], dtype: str = "float32") -> Values:
        return self.truncated(self.mean, self.stddev, shape, dtype)


class RandomUniform(RandomInitializer):
    """Uniform distribution on [minval, maxval)."""

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        super().__init__(seed)
        self.minval, self.maxval = float(minval), float(maxval)

    def __call__(self, shape: tuple[int, ...], dtype: str = "float32") -> Values:
        return self.uniform(self.minval, self.maxval, shape, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed}


class VarianceScaling(RandomInitializer):
    """Variance scale / n, where n is a fan of the weight or the mean of both.

    Source: Keras VarianceScaling.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        super().__init__(seed)
        if not scale > 0:
            raise ValueError(f"VarianceScaling: scale={scale}; must be > 0")
        if mode not in MODES:
            raise ValueError(f"VarianceScaling: mode={mode!r}; must be one of {MODES}")
        distribution = "truncated_normal" if distribution == "normal" else distribution
        if distribution not in DISTRIBUTIONS:
            raise ValueError(
                f"VarianceScaling: distribution={distribution!r}; must be one of {DISTRIBUTIONS}"
            )
        self.scale, self.mode, self.distribution = float(scale), mode, distribution

    def __call__(self, shape: tuple[int, ...], dtype: str = "float32") -> Values:
        fan_in, fan_out = fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return self.uniform(-limit, limit, shape, dtype)
        if self.distribution == "untruncated_normal":
            return self.normal(0.0, math.sqrt(variance), shape, dtype)
        return self.truncated(0.0, math.sqrt(variance) / TRUNCATED_STD, shape, dtype)

    def get_config(self) -> dict[str, Any]:
        names = ("scale", "mode", "distribution", "seed")
        return {name: getattr(self, name) for name in names}


class _Preset(VarianceScaling):
    """A VarianceScaling whose only argument is the seed."""

    preset: tuple[float, str, str]

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(*self.preset, seed=seed)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


class GlorotUniform(_Preset):
    """Uniform, limit sqrt(6 / (fan_in + fan_out))."""

    preset = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Preset):
    """Truncated normal, variance 2 / (fan_in + fan_out)."""

    preset = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Preset):
    """Uniform, limit sqrt(6 / fan_in)."""

    preset = (2.0, "fan_in", "uniform")


class HeNormal(_Preset):
    """Truncated normal, variance 2 / fan_in."""

    preset = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Preset):
    """Uniform, limit sqrt(3 / fan_in)."""

    preset = (1.0, "fan_in", "uniform")


class LecunNormal(_Preset):
    """Truncated normal, variance 1 / fan_in."""

    preset = (1.0, "fan_in", "truncated_normal")
