# SPDX-License-Identifier: BSD-3-Clause
"""Initializers without chance: zeros, ones, a constant."""

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
