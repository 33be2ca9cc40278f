# SPDX-License-Identifier: BSD-3-Clause
"""Gradient descent: v = momentum v - rate g, w += v; Nesterov adds momentum v - rate g."""

from __future__ import annotations

from collections.abc import Sequence

from pyconv.arguments import checked_flag
from pyconv.backend import Array
from pyconv.ops import optimizer_step as rules

_NAME = "sgd_step"


def sgd_step(
    params: Sequence[Array],
    grads: Sequence[Array],
    velocities: Sequence[Array] | None = None,
    *,
    learning_rate: float,
    momentum: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
) -> None:
    """Move every parameter by one step of gradient descent, in place, in one native call.

    Args:
        params: arrays of one dtype and device, contiguous and writable. grads, velocities: as many
            arrays of the same shapes; velocities start as zeros, are updated in place, and may be
            None without momentum.
        momentum: within 0 and 1. weight_decay: params lose learning_rate * weight_decay of
            themselves first.
    Raises:
        TypeError: kinds and dtypes. ValueError: numbers, list lengths, shapes, read-only arrays,
        arrays that share memory, but gradients with each
        other. Nothing is written before.
    Source: Keras SGD; the naive form is pyconv.reference.sgd_step.
    """
    rate = rules.checked_rate(_NAME, "learning_rate", learning_rate)
    a = rules.checked_rate(_NAME, "momentum", momentum, 1.0)
    nesterov = checked_flag(_NAME, "nesterov", nesterov)
    rule = rules.SGD if a == 0.0 else rules.NESTEROV if nesterov else rules.MOMENTUM
    states = {} if a == 0.0 else {"velocities": velocities}
    options = {"rate": rate, "learning_rate": rate, "weight_decay": weight_decay, "a": a}
    rules.move(_NAME, rule, params, grads, states, **options)
