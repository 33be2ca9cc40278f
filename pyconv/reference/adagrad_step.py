# SPDX-License-Identifier: BSD-3-Clause
"""AdaGrad: h += g^2, w -= rate g / sqrt(h + epsilon)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

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
        wide = grad.astype(np.result_type(grad.dtype, np.float64))
        total = accumulator + wide * wide
        accumulator[...] = total
        kept = param - param * (learning_rate * weight_decay)
        param[...] = kept - learning_rate * wide / np.sqrt(total + epsilon)
