# SPDX-License-Identifier: BSD-3-Clause
"""AdaGrad: h += g^2, w -= rate g / sqrt(h + epsilon)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.reference.precision import widened

Array: TypeAlias = npt.NDArray[Any]


def adagrad_step(
    params: Sequence[Array],
    grads: Sequence[Array],
    accumulators: Sequence[Array],
    *,
    learning_rate: float,
    epsilon: float = 1e-7,
    weight_decay: float = 0.0,
) -> None:
    """Move every parameter by one step, in place."""
    for param, grad, accumulator in zip(params, grads, accumulators, strict=True):
        g = widened(grad)
        total = accumulator + g * g
        accumulator[...] = total
        kept = param - param * (learning_rate * weight_decay)
        param[...] = kept - learning_rate * g / np.sqrt(total + epsilon)
