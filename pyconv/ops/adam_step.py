# SPDX-License-Identifier: BSD-3-Clause
"""Adam: m += (1 - b1)(g - m), v += (1 - b2)(g^2 - v), w -= alpha m / (sqrt(v) + epsilon)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pyconv.backend import Array
from pyconv.ops import optimizer_step as rules

_NAME = "adam_step"


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
    """Move every parameter by one step of Adam, in place, in one native call.

    Args:
        params: arrays of one dtype and device, contiguous and writable. grads and the states: as
            many arrays of the same shapes; m and v start as zeros and are updated in place.
        v_hat: AMSGrad's largest v so far, which then stands under the root.
        learning_rate: alpha = learning_rate * sqrt(1 - beta_2^step) / (1 - beta_1^step).
        step: 1 for the first call.
        weight_decay: params lose learning_rate * weight_decay of themselves first (AdamW).
    Raises:
        TypeError: kinds and dtypes. ValueError: numbers, list lengths, shapes, read-only arrays,
        arrays that share memory, but gradients with each
        other. Nothing is written before.
    Source: Kingma and Ba 2015, section 2, in the order of Keras Adam; Reddi, Kale and Kumar 2018;
    Loshchilov and Hutter 2019. The naive form is pyconv.reference.adam_step.
    """
    rate = rules.checked_rate(_NAME, "learning_rate", learning_rate)
    first = rules.checked_rate(_NAME, "beta_1", beta_1, 1.0)
    second = rules.checked_rate(_NAME, "beta_2", beta_2, 1.0)
    t = float(rules.checked_step(_NAME, step))
    alpha = rate * math.sqrt(1.0 - math.pow(second, t)) / (1.0 - math.pow(first, t))
    states = {"m": m, "v": v}
    if v_hat is not None:
        states["v_hat"] = v_hat
    rules.move(
        _NAME,
        rules.ADAM if v_hat is None else rules.AMSGRAD,
        params,
        grads,
        states,
        rate=alpha,
        learning_rate=rate,
        weight_decay=weight_decay,
        a=1.0 - first,
        b=1.0 - second,
        epsilon=rules.checked_rate(_NAME, "epsilon", epsilon),
    )
