# SPDX-License-Identifier: BSD-3-Clause
"""RMSprop: v += (1 - rho)(g^2 - v), w -= rate g / sqrt(v + epsilon)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.reference.precision import widened

Array: TypeAlias = npt.NDArray[Any]


def rmsprop_step(
    params: Sequence[Array],
    grads: Sequence[Array],
    velocities: Sequence[Array],
    averages: Sequence[Array] | None = None,
    momentums: Sequence[Array] | None = None,
    *,
    learning_rate: float,
    rho: float = 0.9,
    momentum: float = 0.0,
    epsilon: float = 1e-7,
    centered: bool = False,
    weight_decay: float = 0.0,
) -> None:
    """Move every parameter by one step, in place."""
    for i, (param, grad) in enumerate(zip(params, grads, strict=True)):
        g = widened(grad)
        square = rho * velocities[i] + (1.0 - rho) * g * g
        velocities[i][...] = square
        if centered and averages is not None:
            average = rho * averages[i] + (1.0 - rho) * g
            averages[i][...] = average
            square = square - average * average
        move = learning_rate * g / np.sqrt(square + epsilon)
        if momentum and momentums is not None:
            move = momentum * momentums[i] + move
            momentums[i][...] = move
        param[...] = param - param * (learning_rate * weight_decay) - move
