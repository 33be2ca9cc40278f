# SPDX-License-Identifier: BSD-3-Clause
"""Gradient descent: v = momentum v - rate g, w += v; Nesterov adds momentum v - rate g."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy.typing as npt

from pyconv.reference.precision import widened

Array: TypeAlias = npt.NDArray[Any]


def sgd_step(
    params: Sequence[Array],
    grads: Sequence[Array],
    velocities: Sequence[Array] | None = None,
    *,
    learning_rate: float,
    momentum: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
) -> None:
    """Move every parameter by one step, in place."""
    for i, (param, grad) in enumerate(zip(params, grads, strict=True)):
        move = -learning_rate * widened(grad)
        kept = param - param * (learning_rate * weight_decay)
        if momentum and velocities is not None:
            velocity = momentum * velocities[i] + move
            velocities[i][...] = velocity
            move = momentum * velocity + move if nesterov else velocity
        param[...] = kept + move
