# SPDX-License-Identifier: BSD-3-Clause
"""Adadelta: h of g^2, u of the moves d^2; d = g sqrt(u + epsilon) / sqrt(h + epsilon)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.reference.precision import widened

Array: TypeAlias = npt.NDArray[Any]


def adadelta_step(
    params: Sequence[Array],
    grads: Sequence[Array],
    squares: Sequence[Array],
    moves: Sequence[Array],
    *,
    learning_rate: float,
    rho: float = 0.95,
    epsilon: float = 1e-7,
    weight_decay: float = 0.0,
) -> None:
    """Move every parameter by one step, in place."""
    for param, grad, h, u in zip(params, grads, squares, moves, strict=True):
        g = widened(grad)
        square = h + (1.0 - rho) * (g * g - h)
        move = g * np.sqrt(u + epsilon) / np.sqrt(square + epsilon)
        h[...] = square
        u[...] = u + (1.0 - rho) * (move * move - u)
        param[...] = param - param * (learning_rate * weight_decay) - learning_rate * move
