# SPDX-License-Identifier: BSD-3-Clause
"""Nadam: Adam whose momentum looks one step ahead.

m += (1 - b1)(g - m), v += (1 - b2)(g^2 - v), u_t = b1 (1 - 0.96^t / 2), p_t = u_1 ... u_t,
w -= rate (u_(t+1) m / (1 - p_(t+1)) + (1 - u_t) g / (1 - p_t)) / (sqrt(v / (1 - b2^t)) + epsilon).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pyconv.backend import Array
from pyconv.ops import optimizer_step as rules

_NAME = "nadam_step"


def nadam_momentum(beta_1: float, step: int) -> float:
    """Return u of a step: the momentum rises from half of beta_1."""
    return beta_1 * (1.0 - 0.5 * math.pow(0.96, step))


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
    """Move every parameter by one step of Nadam, in place, in one native call.

    Args:
        params: arrays of one dtype and device, contiguous and writable. grads and the states: as
            many arrays of the same shapes; m and v start as zeros and are updated in place.
        step: t, 1 for the first call.
        product: of the momentums of the steps before, in (0, 1]; 1 for the first call.
        weight_decay: params lose learning_rate * weight_decay of themselves first.
    Raises:
        TypeError: kinds and dtypes. ValueError: numbers, list lengths, shapes, read-only arrays,
        arrays that share memory, but gradients with each
        other. Nothing is written before.
    Source: Dozat 2016, in the order of Keras Nadam. The naive form is
    pyconv.reference.nadam_step.
    """
    rate = rules.checked_rate(_NAME, "learning_rate", learning_rate)
    first = rules.checked_rate(_NAME, "beta_1", beta_1, 1.0)
    second = rules.checked_rate(_NAME, "beta_2", beta_2, 1.0)
    t = rules.checked_step(_NAME, step)
    before = rules.checked_rate(_NAME, "product", product)
    if before > 1.0:
        raise ValueError(f"{_NAME}: product={product}; must be within 0 and 1")
    now, ahead = nadam_momentum(first, t), nadam_momentum(first, t + 1)
    root = math.sqrt(1.0 - math.pow(second, t))
    rules.move(
        _NAME,
        rules.NADAM,
        params,
        grads,
        {"m": m, "v": v},
        rate=rate * root * ahead / (1.0 - before * now * ahead),
        learning_rate=rate,
        weight_decay=weight_decay,
        a=1.0 - first,
        b=1.0 - second,
        c=rate * root * (1.0 - now) / (1.0 - before * now),
        epsilon=rules.checked_rate(_NAME, "epsilon", epsilon) * root,
    )
