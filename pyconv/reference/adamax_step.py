# SPDX-License-Identifier: BSD-3-Clause
"""Adamax: Adam by the largest gradient, which fades: u = max(b2 u, |g|)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.reference.precision import widened

Array: TypeAlias = npt.NDArray[Any]


def adamax_step(
    params: Sequence[Array],
    grads: Sequence[Array],
    m: Sequence[Array],
    u: Sequence[Array],
    *,
    learning_rate: float,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    step: int,
    weight_decay: float = 0.0,
) -> None:
    """Move every parameter by one step, in place; step counts from 1."""
    rate = learning_rate / (1.0 - beta_1**step)
    for param, grad, mean, largest in zip(params, grads, m, u, strict=True):
        g = widened(grad)
        mean[...] = new_mean = mean + (1.0 - beta_1) * (g - mean)
        largest[...] = new_largest = np.maximum(beta_2 * largest, np.abs(g))
        kept = param - param * (learning_rate * weight_decay)
        param[...] = kept - rate * new_mean / (new_largest + epsilon)
