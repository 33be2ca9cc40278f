# SPDX-License-Identifier: BSD-3-Clause
"""Initializers that make matrices: orthogonal ones, the identity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pyconv.arguments import finite_number
from pyconv.initializers.initializer import Initializer, RandomInitializer, Values


class Orthogonal(RandomInitializer):
    """gain times a matrix with orthonormal rows or columns, whichever are fewer.

    Weights of more axes are seen as (all but the last, last).
    Source: Keras Orthogonal; Saxe, McClelland and Ganguli, 2014.
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = finite_number("Orthogonal", "gain", gain)

    def __call__(self, shape: tuple[int, ...], dtype: str = "float32") -> Values:
        if len(shape) < 2:
            raise ValueError(f"Orthogonal: shape={shape}; must have two axes or more")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = self.generator().standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(tall)
        q *= np.sign(np.diagonal(r))  # uniform over all orthogonal matrices
        matrix = q if rows >= columns else q.T
        return (self.gain * matrix).reshape(shape).astype(dtype)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain, "seed": self.seed}


class Identity(Initializer):
    """gain times the identity matrix.

    Source: Keras Identity.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = finite_number("Identity", "gain", gain)

    def __call__(self, shape: tuple[int, ...], dtype: str = "float32") -> Values:
        if len(shape) != 2:
            raise ValueError(f"Identity: shape={shape}; must have two axes")
        return (self.gain * np.eye(*shape)).astype(dtype)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}
