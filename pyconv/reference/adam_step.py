# SPDX-License-Identifier: BSD-3-Clause
"""Adam: m += (1 - b1)(g - m), v += (1 - b2)(g^2 - v), w -= alpha m / (sqrt(v) + epsilon)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.reference.precision import widened

Array: TypeAlias = npt.NDArray[Any]


def adam_step(
    params: Sequence[Array],
    grads: Sequence[Array],
    m: Sequence[Array],
    v: Sequence[Array],
    v_hat: Sequence[Array] | None = None,
    *,
    learning_rate: float,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    step: int,
    weight_decay: float = 0.0,
) -> None:
    """Move every parameter by one step of Adam, in place; step counts from 1.

    alpha = learning_rate * sqrt(1 - beta_2^step) / (1 - beta_1^step).
    """
    alpha = learning_rate * np.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
    for i, (param, grad, mean, square) in enumerate(zip(params, grads, m, v, strict=True)):
        g = widened(grad)
        new_mean = mean + (1.0 - beta_1) * (g - mean)
        new_square = square + (1.0 - beta_2) * (g * g - square)
        mean[...] = new_mean
        square[...] = new_square
        if v_hat is not None:
            new_square = np.maximum(v_hat[i], new_square)
            v_hat[i][...] = new_square
        kept = param - param * (learning_rate * weight_decay)
        param[...] = kept - alpha * new_mean / (np.sqrt(new_square) + epsilon)
