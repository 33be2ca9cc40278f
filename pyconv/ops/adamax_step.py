# SPDX-License-Identifier: BSD-3-Clause
"""Adamax: m += (1 - b1)(g - m), u = max(b2 u, |g|), w -= rate m / ((1 - b1^t)(u + epsilon))."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pyconv.backend import Array
from pyconv.ops import optimizer_step as rules

_NAME = "adamax_step"


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
    """Move every parameter by one step of Adamax, in place, in one native call.

    Args:
        params: arrays of one dtype and device, contiguous and writable. grads and the states: as
            many arrays of the same shapes; m and u start as zeros and are updated in place.
        step: t, 1 for the first call.
        weight_decay: params lose learning_rate * weight_decay of themselves first.
    Raises:
        TypeError: kinds and dtypes. ValueError: numbers, list lengths, shapes, read-only arrays,
        arrays that share memory, but gradients with each
        other. Nothing is written before.
    Source: Kingma and Ba 2015, algorithm 2, in the order of Keras Adamax. The naive form is
    pyconv.reference.adamax_step.
    """
    rate = rules.checked_rate(_NAME, "learning_rate", learning_rate)
    first = rules.checked_rate(_NAME, "beta_1", beta_1, 1.0)
    t = float(rules.checked_step(_NAME, step))
    rules.move(
        _NAME,
        rules.ADAMAX,
        params,
        grads,
        {"m": m, "u": u},
        rate=rate / (1.0 - math.pow(first, t)),
        learning_rate=rate,
        weight_decay=weight_decay,
        a=1.0 - first,
        b=rules.checked_rate(_NAME, "beta_2", beta_2, 1.0),
        epsilon=rules.checked_rate(_NAME, "epsilon", epsilon),
    )
