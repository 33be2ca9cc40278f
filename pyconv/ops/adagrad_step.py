# SPDX-License-Identifier: BSD-3-Clause
"""AdaGrad: h += g^2, w -= rate g / sqrt(h + epsilon)."""

from __future__ import annotations

from collections.abc import Sequence

from pyconv.backend import Array
from pyconv.ops import optimizer_step as rules

_NAME = "adagrad_step"


def adagrad_step(
    params: Sequence[Array],
    grads: Sequence[Array],
    accumulators: Sequence[Array],
    *,
    learning_rate: float,
    epsilon: float = 1e-7,
    weight_decay: float = 0.0,
) -> None:
    """Move every parameter by one step of AdaGrad, in place, in one native call.

    Args:
        params: arrays of one dtype and device, contiguous and writable. grads, accumulators: as
            many arrays of the same shapes; accumulators (Keras starts them at 0.1) are updated in
            place.
        weight_decay: params lose learning_rate * weight_decay of themselves first.
    Raises:
        TypeError: kinds and dtypes. ValueError: numbers, list lengths, shapes, read-only arrays,
        arrays that share memory, but gradients with each
        other. Nothing is written before.
    Source: Keras Adagrad; the naive form is pyconv.reference.adagrad_step.
    """
    rate = rules.checked_rate(_NAME, "learning_rate", learning_rate)
    rules.move(
        _NAME,
        rules.ADAGRAD,
        params,
        grads,
        {"accumulators": accumulators},
        rate=rate,
        learning_rate=rate,
        weight_decay=weight_decay,
        epsilon=rules.checked_rate(_NAME, "epsilon", epsilon),
    )
