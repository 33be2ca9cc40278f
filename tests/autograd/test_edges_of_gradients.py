# SPDX-License-Identifier: BSD-3-Clause
"""Values and gradients at their edges: all digits, no overflow between, nothing changes later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pyconv import GradientTape, Tensor, Variable
from pyconv import autograd as ag

SINGLE = np.float32


def gradient_at(function: Callable[[Any], Tensor], values: Any) -> list[Any]:
    x = Variable(np.asarray(values))
    with GradientTape() as tape:
        y = function(x)
    gradient = tape.gradient(y, x)
    assert gradient is not None
    found: list[Any] = gradient.numpy().tolist()
    return found


@pytest.mark.parametrize("number", [0.1, -0.7, 1e-30, np.float64(0.3)])
def test_a_number_keeps_all_its_digits_beside_float64(number: float) -> None:
    x = Tensor(np.ones(1))
    assert (x * number).numpy().tolist() == [number]
    assert (number - x).numpy().tolist() == [number - 1]
    assert ag.where([True], number, x).numpy().tolist() == [number]
    assert (Tensor(np.ones(1, SINGLE)) * number).dtype == SINGLE


def test_the_square_of_a_divisor_neither_overflows_nor_vanishes() -> None:
    for size in (SINGLE(1e25), SINGLE(1e-25)):
        (slope,) = gradient_at(lambda b, size=size: Tensor(np.array([size])) / b, [size])
        assert slope == pytest.approx(-1 / float(size), rel=1e-6)


def test_the_power_zero_is_level_everywhere() -> None:
    assert gradient_at(lambda x: x**0, [-2.0, 0.0, 3.0]) == [0, 0, 0]
    assert gradient_at(lambda x: x**1, [-2.0, 0.0, 3.0]) == [1, 1, 1]


def test_clip_lets_the_gradient_through_at_its_ends() -> None:
    assert gradient_at(lambda x: ag.clip(x, 0, 1), [-0.5, 0.0, 0.5, 1.0, 1.5]) == [0, 1, 1, 1, 0]


@pytest.mark.parametrize(
    "view", [lambda v: v.reshape(-1), lambda v: v.T, lambda v: v[:], lambda v: ag.squeeze(v)]
)
def test_what_was_made_of_a_variable_stays_when_it_is_assigned(view: Any) -> None:
    v, w = Variable(np.ones(3), trainable=False), Variable(np.ones(3))
    with GradientTape() as tape:
        made = view(v)
        y = made * w
    v.assign(np.full(3, 7.0))
    assert made.numpy().tolist() == [1, 1, 1]
    gradient = tape.gradient(y, w)
    assert gradient is not None
    assert gradient.numpy().tolist() == [1, 1, 1]
