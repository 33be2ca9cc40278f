# SPDX-License-Identifier: BSD-3-Clause
"""Nadam: Adam with Nesterov's momentum, u_t = b1 (1 - 0.96^t / 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.reference.precision import widened

Array: TypeAlias = npt.NDArray[Any]


def nadam_step(
    params: Sequence[Array],
    grads: Sequence[Array],
    m: Sequence[Array],
    v: Sequence[Array],
    *,
    learning_rate: float,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    step: int,
    product: float,
    weight_decay: float = 0.0,
) -> None:
    """Move every parameter by one step, in place; product is of the momentums before `step`."""
    now, ahead = (beta_1 * (1.0 - 0.5 * 0.96**t) for t in (step, step + 1))
    for param, grad, mean, square in zip(params, grads, m, v, strict=True):
        g = widened(grad)
        mean[...] = new_mean = mean + (1.0 - beta_1) * (g - mean)
        square[...] = new_square = square + (1.0 - beta_2) * (g * g - square)
        coming = ahead * new_mean / (1.0 - product * now * ahead)
        looked = coming + (1.0 - now) * g / (1.0 - product * now)
        root = np.sqrt(new_square / (1.0 - beta_2**step))
        kept = param - param * (learning_rate * weight_decay)
        param[...] = kept - learning_rate * looked / (root + epsilon)
