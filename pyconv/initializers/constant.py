# SPDX-License-Identifier: BSD-3-Clause
"""Initializers without chance: zeros, ones, a constant, the identity matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.initializers.initializer import Initializer, Values


class Zeros(Initializer):
    """All zeros."""

    def __call__(self, shape: tuple[int, ...], dtype: str = "float32") -> Values:
        return np.zeros(shape, dtype)


class Ones(Initializer):
    """All ones."""

    def __call__(self, shape: tuple[int, ...], dtype: str = "float32") -> Values:
        return np.ones(shape, dtype)


class Constant(Initializer):
    """All one value."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = float(value)

    def __call__(self, shape: tuple[int, ...], dtype: str = "float32") -> Values:
        return np.full(shape, self.value, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}


class Identity(Initializer):
    """gain times the identity matrix; shapes of two axes only."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = float(gain)

    def __call__(self, shape: tuple[int, ...], dtype: str = "float32") -> Values:
        if len(shape) != 2:
            raise ValueError(f"Identity: shape={shape}; must have 2 axes")
        values: Values = np.eye(shape[0], shape[1], dtype=dtype) * self.gain
        return values.astype(dtype, copy=False)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}
