# SPDX-License-Identifier: BSD-3-Clause
"""RMSprop: v += (1 - rho)(g^2 - v), w -= rate g / sqrt(v + epsilon)."""

from __future__ import annotations

from collections.abc import Sequence

from pyconv.arguments import checked_flag
from pyconv.backend import Array
from pyconv.ops import optimizer_step as rules

_NAME = "rmsprop_step"


def rmsprop_step(
    params: Sequence[Array],
    grads: Sequence[Array],
    velocities: Sequence[Array],
    averages: Sequence[Array] | None = None,
    momentums: Sequence[Array] | None = None,
    *,
    learning_rate: float,
    rho: float = 0.9,
    momentum: float = 0.0,
    epsilon: float = 1e-7,
    centered: bool = False,
    weight_decay: float = 0.0,
) -> None:
    """Move every parameter by one step of RMSprop, in place, in one native call.

    Args:
        params: arrays of one dtype and device, contiguous and writable. grads and the states: as
            many arrays of the same shapes; states start as zeros and are updated in place.
        velocities: means of g^2. averages: means of g, where centered: the root is then of
            v - average^2 + epsilon. momentums: m = momentum m + step, w -= m, where momentum > 0.
        weight_decay: params lose learning_rate * weight_decay of themselves first.
    Raises:
        TypeError: kinds and dtypes. ValueError: numbers, list lengths, shapes, read-only arrays,
        arrays that share memory, but gradients with each
        other. Nothing is written before.
    Source: Keras RMSprop; the naive form is pyconv.reference.rmsprop_step.
    """
    rate = rules.checked_rate(_NAME, "learning_rate", learning_rate)
    kept = rules.checked_rate(_NAME, "rho", rho, 1.0)
    b = rules.checked_rate(_NAME, "momentum", momentum, 1.0)
    centered = checked_flag(_NAME, "centered", centered)
    states: dict[str, Sequence[Array] | None] = {"velocities": velocities}
    rule = rules.RMSPROP if b == 0.0 else rules.RMSPROP_MOMENTUM
    if centered:
        states["averages"] = averages
        rule = rules.CENTERED if b == 0.0 else rules.CENTERED_MOMENTUM
    if b > 0.0:
        states["momentums"] = momentums
    rules.move(
        _NAME,
        rule,
        params,
        grads,
        states,
        rate=rate,
        learning_rate=rate,
        weight_decay=weight_decay,
        a=1.0 - kept,
        b=b,
        epsilon=rules.checked_rate(_NAME, "epsilon", epsilon),
    )
