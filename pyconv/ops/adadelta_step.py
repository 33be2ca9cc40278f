# SPDX-License-Identifier: BSD-3-Clause
"""Adadelta: h += (1 - rho)(g^2 - h), d = g sqrt(u + epsilon) / sqrt(h + epsilon), w -= rate d.

Then u += (1 - rho)(d^2 - u).
"""

from __future__ import annotations

from collections.abc import Sequence

from pyconv.backend import Array
from pyconv.ops import optimizer_step as rules

_NAME = "adadelta_step"


def adadelta_step(
    params: Sequence[Array],
    grads: Sequence[Array],
    squares: Sequence[Array],
    moves: Sequence[Array],
    *,
    learning_rate: float,
    rho: float = 0.95,
    epsilon: float = 1e-7,
    weight_decay: float = 0.0,
) -> None:
    """Move every parameter by one step of Adadelta, in place, in one native call.

    Args:
        params: arrays of one dtype and device, contiguous and writable. grads and the states: as
            many arrays of the same shapes; states start as zeros and are updated in place.
        squares: means of g^2, h. moves: means of d^2, u.
        weight_decay: params lose learning_rate * weight_decay of themselves first.
    Raises:
        TypeError: kinds and dtypes. ValueError: numbers, list lengths, shapes, read-only arrays,
        arrays that share memory, but gradients with each
        other. Nothing is written before.
    Source: Zeiler 2012, algorithm 1, with the rate of Keras Adadelta. The naive form is
    pyconv.reference.adadelta_step.
    """
    rate = rules.checked_rate(_NAME, "learning_rate", learning_rate)
    rules.move(
        _NAME,
        rules.ADADELTA,
        params,
        grads,
        {"squares": squares, "moves": moves},
        rate=rate,
        learning_rate=rate,
        weight_decay=weight_decay,
        a=1.0 - rules.checked_rate(_NAME, "rho", rho, 1.0),
        epsilon=rules.checked_rate(_NAME, "epsilon", epsilon),
    )
